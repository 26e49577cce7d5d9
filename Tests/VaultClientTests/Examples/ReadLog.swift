// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import VaultClient

func readLog(at path: String) throws -> String {
    let vault = try VaultConnection(.path(path), timeLimit: .seconds(20))
    let grant = try vault.open("logs/a", rights: .read, reason: "nightly report")
    print("granted as record \(grant.record) of the audit log")
    return String(decoding: try grant.descriptor.readAll(), as: UTF8.self)
}

func openSeveral(at path: String) async throws -> [String] {
    let vault = try await VaultConnection.connect(.path(path))
    let grants = try await vault.open(["logs/a", Request("logs/b", rights: .read)])
    return grants.indices.map { grants[$0].name }
}

func explain(_ error: VaultError) -> String {
    switch error {
    case .denied(let name, let record?, _, _):
        "not allowed to open \(name): ask the administrator about record \(record)"
    case .openFailed(let name, .noSuchFileOrDirectory, _, _):
        "\(name) does not exist"
    case .unavailable(let path, _):
        "no broker at \(path)"
    default:
        "\(error)"
    }
}

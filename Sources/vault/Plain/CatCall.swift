// SPDX-License-Identifier: Apache-2.0

import TerminalKit
import VaultClient

/// What `vault cat` was asked for.
struct CatCall: Equatable {
    var broker: BrokerLocation
    var reason: String?
    var names: [String]
}

extension CatCall {
    init?(plain words: ArraySlice<String>) {
        guard let words = PlainWords(words, options: ["--socket", "--reason"], switches: ["--user"]),
            words.rest == nil, !words.others.isEmpty
        else { return nil }
        do {
            self.init(
                broker: try words.broker(), reason: try words.single("--reason"), names: words.others)
        } catch {
            return nil
        }
    }

    func run() throws {
        let opened = try BrokerConnection(broker).open(names.map { .init(name: $0, rights: ["read"]) }, reason: reason)
        for index in names.indices {
            do throws(DescriptorCopy.Problem) {
                try opened.copy(index, to: .output)
            } catch {
                throw Self.failure(names[index], error)
            }
        }
    }

    private static func failure(_ name: String, _ problem: DescriptorCopy.Problem) -> Failure {
        switch problem {
        case .reading(let error):
            Failure(name, error, next: "vault show \(name)")
        case .writing(let error):
            Failure("standard output", error, next: StandardOutput.remedy)
        case .sameFile:
            Failure(.usage, "\(name): input file is output file", next: "another file for the output")
        }
    }
}

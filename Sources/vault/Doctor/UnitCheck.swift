// SPDX-License-Identifier: Apache-2.0

/// What the service manager says of the units, also of those that run: what will not work after the next start, and what somebody
/// has changed.
struct UnitCheck {
    static let units = ["vaultd.service", "vaultd.socket", "vaultd-opener.socket"]
    static let properties =
        "Id,LoadState,ActiveState,SubState,Result,StatusText,ExecMainStatus,UnitFileState,NeedDaemonReload,DropInPaths,"
        + "LimitNOFILE,FileDescriptorStoreMax,NRestarts"

    static let unseen = Finding(
        unseen: "units", "the units: systemctl did not say how they are", try: "systemctl show vaultd.service")

    let state: ServiceState
    /// Whether a broker answers.
    let answers: Bool

    /// With fewer descriptors than these a few hundred clients use them up.
    private static let fewDescriptors = 4_096

    func findings() -> [Finding] {
        let service = state["vaultd.service"]
        guard service["LoadState"] == "loaded" else {
            guard !answers else { return [] }
            return [
                Finding(
                    "units", .failed, "vaultd.service is not known to the service manager",
                    try: "install the vault (make install), then systemctl daemon-reload")
            ]
        }
        var findings: [Finding] = []
        if !answers, let failure = state.failure { findings.append(Finding("units", failure)) }
        let opener = state["vaultd-opener.socket"]
        if opener["LoadState"] == "loaded", opener["ActiveState"] != "active" {
            findings.append(
                Finding(
                    "units", "vaultd-opener.socket is \(opener["ActiveState"] ?? "?"): nothing new can be opened",
                    try: "systemctl restart vaultd-opener.socket"))
        }
        if !["vaultd.service", "vaultd.socket"].contains(where: { isEnabled($0) }) {
            findings.append(
                Finding(
                    "units",
                    "neither vaultd.socket nor vaultd.service is enabled: after the next boot there is no vault",
                    try: "systemctl enable vaultd.socket vaultd.service"))
        }
        for unit in Self.units where state[unit]["NeedDaemonReload"] == "yes" {
            findings.append(
                Finding(
                    "units", "the file of \(unit) was changed, and the service manager has not read it",
                    try: "systemctl daemon-reload && systemctl restart \(unit)"))
        }
        return findings + limits(service) + changes(service)
    }

    private func isEnabled(_ unit: String) -> Bool {
        ["enabled", "enabled-runtime", "linked", "static", "generated", "alias"].contains(
            state[unit]["UnitFileState"] ?? "")
    }

    private func limits(_ service: [String: String]) -> [Finding] {
        var findings: [Finding] = []
        if let limit = service["LimitNOFILE"].flatMap({ Int($0) }), limit < Self.fewDescriptors {
            findings.append(
                Finding(
                    "units", "vaultd.service may have \(limit) descriptors: a few hundred clients use them up",
                    try: "LimitNOFILE=524288, as it is shipped (systemctl edit vaultd.service)"))
        }
        if service["FileDescriptorStoreMax"] == "0" {
            findings.append(
                Finding(
                    "units",
                    "the service manager keeps nothing for vaultd.service: listeners and deposits outlive no restart",
                    try: "FileDescriptorStoreMax=4096, as it is shipped (systemctl edit vaultd.service)"))
        }
        return findings
    }

    private func changes(_ service: [String: String]) -> [Finding] {
        var findings: [Finding] = []
        if let restarts = service["NRestarts"].flatMap({ Int($0) }), restarts > 0 {
            findings.append(
                Finding(
                    "units", .note,
                    "the service manager has started vaultd.service again \(restarts) times, after it failed",
                    try: "journalctl -u vaultd.service -p warning"))
        }
        for unit in Self.units {
            guard let paths = state[unit]["DropInPaths"], !paths.isEmpty else { continue }
            findings.append(
                Finding(
                    "units", .note, "\(unit) is not as it is shipped: \(paths)",
                    try: "systemctl cat \(unit), which shows it"))
        }
        return findings
    }
}

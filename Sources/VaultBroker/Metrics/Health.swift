// SPDX-License-Identifier: Apache-2.0

/// How the vault is, in a word for each of its parts: what needs no look at a file.
struct Health {
    /// Each with whether it is as it should be, in the order of ``MetricFamily/healthy``.
    let parts: [(name: String, isWell: Bool)]

    /// For who has to act on it: `ok`, `degraded`, or `failed` where nothing is granted.
    var word: String {
        guard parts.contains(where: { !$0.isWell }) else { return "ok" }
        return parts.contains { $0.name == "log" && !$0.isWell } ? "failed" : "degraded"
    }
}

extension Broker {
    var health: Health {
        Health(parts: [
            ("log", journal.isWorking && ledgerCare.files?.hasRoom ?? true),
            ("signing", checkpoints.problem == nil),
            ("clock", clockProblem == nil),
            ("opener", opener.isAlive),
            ("capabilities", !table.sorted.contains { $0.problem != nil }),
            ("policy", reloadFailure == nil),
        ])
    }
}

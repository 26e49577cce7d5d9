// SPDX-License-Identifier: Apache-2.0

import VaultModel

/// Reads policy files, and single rules and capabilities of the same form.
package enum PolicyReader {
    /// Reads files as one document. All problems of all files are found in one run; with an error among them the set
    /// is what could be understood, and must not be applied.
    package static func read(_ files: [PolicyFile], names: some NameResolver) -> (PolicySet, [PolicyProblem]) {
        (PolicySet(), files.map { PolicyProblem(path: $0.path, line: 0, column: 0, message: "", remedy: "") })
    }

    /// Reads one rule from a document, YAML or JSON.
    package static func readRule(
        document: String, origin: RuleOrigin, names: some NameResolver
    ) -> (Rule?, [PolicyProblem]) {
        (nil, [])
    }

    /// Reads one capability from a document, YAML or JSON.
    package static func readCapability(document: String, names: some NameResolver) -> (Capability?, [PolicyProblem]) {
        (nil, [])
    }
}

// SPDX-License-Identifier: Apache-2.0

/// A note, a key or a receipt as it is printed: its exact bytes.
enum NoteText {
    /// - Throws: where there is something in it that a terminal would act on; no valid one has that.
    static func shown(_ text: String) throws(Failure) -> String {
        guard !text.unicodeScalars.contains(where: { $0.isCommand && $0 != "\n" }) else {
            throw Failure(
                .unverified, "the broker's answer has control characters in it, which no note has",
                next: "vault audit verify")
        }
        return text.hasSuffix("\n") ? text : text + "\n"
    }
}

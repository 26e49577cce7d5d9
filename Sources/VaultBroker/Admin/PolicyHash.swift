// SPDX-License-Identifier: Apache-2.0

import Crypto
import Records
import VaultLedger
import VaultModel

/// The hash of a policy's texts, as ``Records/StoredPolicy/digest`` has it, for one policy after the other: what lies before the
/// first difference to the one before is not hashed again. So a revocation, which cannot wait, takes no time for the files.
struct PolicyHash: Sendable {
    private var files: [StoredFile] = []
    private var afterFiles = SHA256()
    private var rules = HashedTexts()
    private var suspensions = HashedTexts()

    init() {}

    /// Whether it is of a policy with these files.
    func isOf(_ other: [StoredFile]) -> Bool { files == other }

    mutating func digest(of stored: StoredPolicy) -> String {
        var hasChanged = files != stored.files
        if hasChanged {
            files = stored.files
            afterFiles = SHA256()
            for file in files.sorted(by: { $0.path < $1.path }) {
                afterFiles.add(file.path)
                afterFiles.add(file.text)
            }
        }
        let afterRules = rules.hash(
            stored.rules.map { .init(key: $0.id, text: $0.document) }, behind: afterFiles, &hasChanged)
        let afterAll = suspensions.hash(
            stored.suspensions.map { .init(key: $0.rule, text: $0.rule) }, behind: afterRules, &hasChanged)
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: afterAll.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// Texts in the order of their keys, with what the hash was on the way through them.
private struct HashedTexts: Sendable {
    struct Text: Equatable, Sendable {
        let key: String
        let text: String

        static func == (left: Self, right: Self) -> Bool {
            left.key.isSame(as: right.key) && left.text.isSame(as: right.text)
        }
    }

    /// After each so many texts the state of the hash is kept.
    private static let stretch = 64
    /// More differences than these are not looked for one by one.
    private static let mostDifferences = 64

    /// As they were given.
    private var given: [Text] = []
    private var sorted: [Text] = []
    /// Before the first text, and behind each stretch that is whole.
    private var states: [SHA256] = []
    private var last = SHA256()

    /// - Parameter hasChanged: whether what lies before is new; then whether it or the texts are.
    /// - Returns: the hash behind them.
    mutating func hash(_ texts: [Text], behind start: SHA256, _ hasChanged: inout Bool) -> SHA256 {
        let firstNew = take(texts)
        if hasChanged || states.isEmpty { states = [start] }
        guard hasChanged || firstNew != nil else { return last }
        hasChanged = true
        states.removeLast(states.count - min(states.count, (firstNew ?? 0) / Self.stretch + 1))
        var state = states[states.count - 1]
        for position in ((states.count - 1) * Self.stretch)..<sorted.count {
            state.add(sorted[position].text)
            if (position + 1) % Self.stretch == 0 { states.append(state) }
        }
        last = state
        return state
    }

    /// Makes them the texts that there are.
    /// - Returns: the position of the first difference in their order; nil: there is none.
    private mutating func take(_ texts: [Text]) -> Int? {
        guard texts != given else { return nil }
        var gone: [Text] = []
        var next = 0
        for text in given {
            if next < texts.count, texts[next] == text { next += 1 } else { gone.append(text) }
        }
        let added = texts[next...]
        given = texts
        guard gone.count + added.count <= Self.mostDifferences else {
            sorted = texts.sorted { $0.key < $1.key }
            return 0
        }
        var first = sorted.count
        for text in gone {
            var position = position(of: text.key)
            while sorted[position] != text { position += 1 }
            sorted.remove(at: position)
            first = min(first, position)
        }
        for text in added {
            var position = position(of: text.key)
            while position < sorted.count, sorted[position].key == text.key { position += 1 }
            sorted.insert(text, at: position)
            first = min(first, position)
        }
        return first
    }

    /// Where a key is, or would be.
    private func position(of key: String) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension SHA256 {
    /// A text, with its length before it.
    fileprivate mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var length = "\(bytes.count):"
            length.withUTF8 { update(bufferPointer: UnsafeRawBufferPointer($0)) }
            update(bufferPointer: UnsafeRawBufferPointer(bytes))
        }
    }
}

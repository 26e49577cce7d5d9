// SPDX-License-Identifier: Apache-2.0

/// Where the columns of a table stand on a terminal of some width.
struct TableLayout: Equatable {
    /// How wide each column is; words that are longer stand out.
    let widths: [Int]
    /// The columns at which a further line of the row begins.
    let breaks: [Int]

    static let margin = "    "
    private static let gap = 2

    /// - Parameters:
    ///   - natural: the width of the widest cell of each column.
    ///   - words: that of its longest word.
    init(widths natural: [Int], words: [Int], fitting width: Int?) {
        guard let width, Self.total(natural[...]) > width else {
            (widths, breaks) = (natural, [])
            return
        }
        if Self.total(words[...]) <= width {
            widths = Self.shared(width, among: natural[...], atLeast: words[...])
            breaks = []
            return
        }
        // Not even wrapped: as many columns on each line as it takes.
        var (widths, breaks): ([Int], [Int]) = ([], [])
        var start = 0
        while start < natural.count {
            let room = start == 0 ? width : width - Self.margin.count
            let least = zip(natural, words).map { min($0, max($1, room / 2)) }
            var end = start + 1
            while end < natural.count, Self.total(least[start...end]) <= room { end += 1 }
            widths += Self.shared(room, among: natural[start..<end], atLeast: words[start..<end])
            if end < natural.count { breaks.append(end) }
            start = end
        }
        (self.widths, self.breaks) = (widths, breaks)
    }

    /// The columns of each line of a row.
    var groups: [Range<Int>] {
        zip([0] + breaks, breaks + [widths.count]).map { $0..<$1 }
    }

    private static func total(_ widths: ArraySlice<Int>) -> Int {
        widths.reduce(0, +) + gap * (widths.count - 1)
    }

    /// The widest columns give first, none below its longest word.
    private static func shared(_ width: Int, among natural: ArraySlice<Int>, atLeast words: ArraySlice<Int>) -> [Int] {
        func capped(_ cap: Int) -> [Int] { zip(natural, words).map { min($0, max($1, cap)) } }
        var (low, high) = (0, natural.max() ?? 0)
        while low < high {
            let cap = (low + high + 1) / 2
            if total(capped(cap)[...]) <= width { low = cap } else { high = cap - 1 }
        }
        return capped(low)
    }
}

/// Text that is broken into lines behind a space or a comma.
enum WrappedText {
    /// Less room than this is no room: the terminal may wrap it by itself.
    static let narrowest = 16

    static func longestWord(of text: String) -> Int { words(of: text).map(\.length).max() ?? 0 }

    /// The lines, without the spaces at their ends; a word that is longer is not broken.
    static func lines(of text: String, width: Int?) -> [String] {
        guard let width, text.count > width else { return [text] }
        var lines: [String] = []
        var (line, length) = ("", 0)
        for word in words(of: text) where length > 0 || word.length > 0 || lines.isEmpty {
            if length > 0, length + word.length > width {
                lines.append(line)
                (line, length) = ("", 0)
            }
            line += word.text
            length += word.text.count
        }
        return (lines + [line]).map { line in
            String(line.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// Each with the spaces behind it, which its length leaves out.
    private static func words(of text: String) -> [(text: String, length: Int)] {
        var words: [(text: String, length: Int)] = []
        var (word, spaces) = ("", 0)
        func end() {
            if !word.isEmpty { words.append((word, word.count - spaces)) }
            (word, spaces) = ("", 0)
        }
        for character in text {
            if character != " ", spaces > 0 { end() }
            word.append(character)
            if character == " " { spaces += 1 }
            if character == "," { end() }
        }
        end()
        return words
    }
}

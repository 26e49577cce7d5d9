// SPDX-License-Identifier: Apache-2.0

internal import Descriptors
import Glibc
package import SystemPackage

/// Compares the code in an article with code that a test runs.
package enum DocumentedExample {
    /// The lines of Swift code in an article that the file does not have, in the order of the article; indentation does
    /// not count. Both paths are relative to the package.
    package static func missing(
        in article: String, from example: String, file: StaticString = #filePath
    ) throws(Errno) -> [String] {
        // This file lies in Tests/VaultTestKit.
        let package = FilePath("\(file)").removingLastComponent().removingLastComponent().removingLastComponent()
        var rest = try lines(of: package.appending(example))[...]
        var missing: [String] = []
        var isCode = false
        for line in try lines(of: package.appending(article)) {
            if line.hasPrefix("```") {
                isCode = line == "```swift"
                continue
            }
            guard isCode, !line.isEmpty else { continue }
            if let index = rest.firstIndex(of: line) {
                rest = rest[(index + 1)...]
            } else {
                missing.append(line)
            }
        }
        return missing
    }

    private static func lines(of path: FilePath) throws(Errno) -> [String] {
        let text = String(decoding: try OwnedDescriptor.open(path).readAll(), as: UTF8.self)
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.drop { $0 == " " })
        }
    }
}

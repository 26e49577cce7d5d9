// SPDX-License-Identifier: Apache-2.0

import Glibc
package import SystemPackage

/// Texts that the system gives as bytes, and a `String` repairs where they are not UTF-8: the path of one file would become
/// that of another.
package enum ExactText {
    /// An argument or a variable of this process that is not UTF-8, or arguments that cannot be read.
    package struct Malformed: Error, Equatable, CustomStringConvertible {
        /// `argument 2`, counted from 1 behind the program's name, or the name of a variable.
        package let place: String
        /// What stands there, repaired: only to be shown; nil where it cannot be read.
        package let text: String?

        package var description: String {
            text.map { "\(place) is not UTF-8: '\($0)'" } ?? "\(place) cannot be read: /proc/self/maps is not there"
        }
        /// What to do about it.
        package var remedy: String {
            text == nil
                ? "mount proc at /proc, and let the process read what is its own"
                : "give the file a name of UTF-8, or a symbolic link that has one"
        }
    }

    /// Looks at the arguments of this process.
    ///
    /// - Parameter end: a word behind which arguments may be anything, because nobody makes a `String` of them.
    package static func checkArguments(before end: String? = nil) throws(Malformed) {
        // Swift finds the arguments by way of /proc/self/maps, and has none where it cannot: not even the program's name. Without
        // a word a daemon would serve other directories than it was told to.
        guard CommandLine.argc > 0 else { throw Malformed(place: "the command line", text: nil) }
        for index in 1..<Int(CommandLine.argc) {
            guard let argument = CommandLine.unsafeArgv[index] else { return }
            guard let text = String(validatingCString: argument) else {
                throw Malformed(place: "argument \(index)", text: String(cString: argument))
            }
            if text == end { return }
        }
    }

    /// Looks at variables of the environment, those that are set. Not while another thread changes them.
    package static func checkVariables(_ names: [String]) throws(Malformed) {
        for name in names {
            guard let value = getenv(name), String(validatingCString: value) == nil else { continue }
            throw Malformed(place: name, text: String(cString: value))
        }
    }

    /// The working directory.
    /// - Throws: what getcwd(3) says, and `EILSEQ` for one that is not UTF-8.
    package static func workingDirectory() throws(Errno) -> String {
        guard let bytes = getcwd(nil, 0) else { throw Errno(rawValue: errno) }
        defer { free(bytes) }
        guard let text = String(validatingCString: bytes) else { throw .illegalByteSequence }
        return text
    }
}

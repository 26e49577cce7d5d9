// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

/// What `strace -f -o FILE` wrote of a process: how often each of its threads made each system call.
struct SystemCallTrace {
    /// By name; of the thread that made it most often, since strace counts `when=` for each thread.
    let most: [String: Int]

    init(_ file: FilePath) throws {
        let text = try OwnedDescriptor.open(file).readAll(limit: 64 << 20)
        var counts: [Substring: [Substring: Int]] = [:]
        for line in String(decoding: text, as: UTF8.self).unicodeScalars.split(separator: "\n").map(Substring.init) {
            // `PID name(…`; what was interrupted by another thread's call goes on in a line of its own, `PID <... name resumed>`.
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2, let end = words[1].utf8.firstIndex(of: UInt8(ascii: "(")) else { continue }
            let name = words[1].drop { $0 == " " }.prefix(upTo: end)
            guard
                name.utf8.allSatisfy({
                    $0 == UInt8(ascii: "_") || (0x30...0x39).contains($0) || (0x61...0x7a).contains($0)
                })
            else { continue }
            counts[name, default: [:]][words[0], default: 0] += 1
        }
        most = Dictionary(uniqueKeysWithValues: counts.map { (String($0.key), $0.value.values.max() ?? 0) })
    }
}

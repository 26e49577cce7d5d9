// SPDX-License-Identifier: Apache-2.0

import Glibc

extension String {
    /// Whether both have the same bytes. `==` takes two texts for the same that only look the same (an "é" of one scalar and of
    /// two): but they name two files, and have two hashes.
    package func isSame(as other: String) -> Bool {
        let isSame = utf8.withContiguousStorageIfAvailable { bytes in
            other.utf8.withContiguousStorageIfAvailable { others in
                guard bytes.count == others.count, let base = bytes.baseAddress, let other = others.baseAddress else {
                    return bytes.count == others.count
                }
                return base == other || memcmp(base, other, bytes.count) == 0
            }
        }
        return (isSame ?? nil) ?? utf8.elementsEqual(other.utf8)
    }
}

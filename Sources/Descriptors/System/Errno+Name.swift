// SPDX-License-Identifier: Apache-2.0

import CLinux
public import SystemPackage

extension Errno {
    /// The name by which manuals know the error, such as `EACCES`; the number where it has none.
    public var name: String {
        linux_error_name(rawValue).map { String(cString: $0) } ?? String(rawValue)
    }
}

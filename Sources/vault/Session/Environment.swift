// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The environment of this process. Only `exec` changes it, after everything else has been read.
enum Environment {
    static subscript(name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

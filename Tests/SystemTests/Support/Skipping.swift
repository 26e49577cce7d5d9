// SPDX-License-Identifier: Apache-2.0

import Testing

/// Ends a test, or one case of it, for which something is missing, with a line that `.ci/run` shows at its end: of a case
/// that is cancelled Swift Testing says nothing.
func skipVisibly(_ why: String) throws -> Never {
    print("skipped: \(why)")
    try Test.cancel("\(why)")
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

/// The two ends of a pipe to a program, each until it is closed.
struct PipeEnds {
    var reader: HeldDescriptor?
    var writer: HeldDescriptor?

    init() throws(Errno) {
        let pipe = try OwnedDescriptor.pipe()
        reader = HeldDescriptor(pipe.reader)
        writer = HeldDescriptor(pipe.writer)
    }
}

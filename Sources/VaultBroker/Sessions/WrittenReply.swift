// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Varlink

/// A reply that was written where it was found, on another thread than the loop: for one that may be long.
struct WrittenReply<Method: InterfaceMethod>: Sendable {
    let message: [UInt8]
    /// So long it took to write it, in microseconds.
    let tookUSec: Int64

    init(_ reply: Method.Reply) {
        let start = SystemClock.bootTimeUSec()
        message = MessageText.reply(reply)
        tookUSec = SystemClock.bootTimeUSec() - start
    }

    /// One that is a whole message already, and was charged before.
    init(message: [UInt8]) {
        self.message = message
        tookUSec = 0
    }
}

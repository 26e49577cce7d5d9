// SPDX-License-Identifier: Apache-2.0

import Descriptors

/// Something that the thread of an event loop hands to itself through a closure which any thread could call.
///
/// Proof of `@unchecked Sendable`: it is made on the loop's thread and given back only there; anywhere else both trap.
struct LoopBound<Value>: @unchecked Sendable {
    private let bound: Value
    private let loop: EventLoop

    init(_ value: Value, to loop: EventLoop) {
        precondition(loop.isOnLoop, "only for the thread of the event loop")
        bound = value
        self.loop = loop
    }

    var value: Value {
        precondition(loop.isOnLoop, "only for the thread of the event loop")
        return bound
    }
}

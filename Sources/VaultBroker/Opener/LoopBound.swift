// SPDX-License-Identifier: Apache-2.0

/// Something that one thread, that of an event loop, hands to itself through a closure which any thread could call.
///
/// Proof of `@unchecked Sendable`: it is made on the loop's thread and read in a closure that only the loop calls.
struct LoopBound<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
}

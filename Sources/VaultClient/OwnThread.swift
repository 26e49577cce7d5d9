// SPDX-License-Identifier: Apache-2.0

internal import Descriptors
import Synchronization

/// Runs what blocks on a thread of its own, so that no thread of the cooperative pool waits.
enum OwnThread {
    static func run<Value: ~Copyable & Sendable>(
        _ body: @escaping @Sendable () throws(VaultError) -> Value
    ) async throws(VaultError) -> Value {
        let parcel = Parcel<Value>()
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            startThread {
                do throws(VaultError) {
                    parcel.put(try body())
                } catch {
                    parcel.fail(error)
                }
                continuation.resume()
            }
        }
        return try parcel.take()
    }
}

/// Carries a result that cannot be copied from one thread to another, once.
private final class Parcel<Value: ~Copyable & Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let failure = Mutex<VaultError?>(nil)

    func put(_ new: consuming Value) {
        var new: Value? = new
        value.withLock { swap(&$0, &new) }
    }

    func fail(_ error: VaultError) {
        failure.withLock { $0 = error }
    }

    func take() throws(VaultError) -> Value {
        if let error = failure.withLock({ $0 }) { throw error }
        var taken: Value?
        value.withLock { swap(&$0, &taken) }
        // Whoever put neither a value nor a failure never resumed the one who waits.
        return taken!
    }
}

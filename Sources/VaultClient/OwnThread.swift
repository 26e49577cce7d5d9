// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// Runs what blocks on a thread of its own, so that no thread of the cooperative pool waits.
enum OwnThread {
    static func run<Value: ~Copyable & Sendable>(
        _ body: @escaping @Sendable () throws(VaultError) -> Value
    ) async throws(VaultError) -> Value {
        let parcel = Parcel<Value>()
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            start {
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

    private static func start(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Body(body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let error = pthread_create(
            &thread, &attributes,
            { argument in
                // It is the box that was passed below, once.
                Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        precondition(error == 0, "no thread can be started: error \(error)")
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
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

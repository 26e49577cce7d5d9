// SPDX-License-Identifier: Apache-2.0

internal import Descriptors

/// Runs `body` on a thread of its own and waits for it without blocking a thread of the cooperative pool.
///
/// Everything in a test that blocks goes through this: on two cores a few blocked tests would starve all others.
@discardableResult
package func onThread<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
        startThread {
            do throws(Failure) {
                continuation.resume(returning: .success(try body()))
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
    }
    return try result.get()
}

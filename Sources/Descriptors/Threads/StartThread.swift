// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// Starts a thread that nobody waits for (`pthread_create(3)`, detached), and runs `body` on it.
///
/// - Parameter name: is shown by `ps -L`; the kernel keeps 15 bytes of it.
/// - Precondition: the system has room for one more thread.
package func startThread(named name: String? = nil, _ body: @escaping @Sendable () -> Void) {
    let start = Unmanaged.passRetained(ThreadStart(name, body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let error = pthread_create(
        &thread, &attributes,
        { argument in
            // It is the reference that was passed below, taken once.
            Unmanaged<ThreadStart>.fromOpaque(argument!).takeRetainedValue().run()
            return nil
        }, start.toOpaque())
    precondition(error == 0, "pthread_create: error \(error)")
}

private final class ThreadStart: Sendable {
    private let name: String?
    private let body: @Sendable () -> Void

    init(_ name: String?, _ body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    func run() {
        // The name is for people who look at the process.
        if let name { linux_set_thread_name(String(decoding: name.utf8.prefix(15), as: UTF8.self)) }
        body()
    }
}

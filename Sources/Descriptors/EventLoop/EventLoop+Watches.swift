// SPDX-License-Identifier: Apache-2.0

import CLinux
public import SystemPackage

extension EventLoop {
    /// Calls `handler` in each turn in which the descriptor is ready for something of `interest`, hung up or has an
    /// error.
    ///
    /// On the loop's thread. The loop holds the descriptor until ``unwatch(_:)``: till then it stays open, whoever else
    /// lets go of it.
    /// - Throws: `EPERM` for what cannot be waited for (regular files, directories), `EEXIST` for what is watched
    ///   already, `ENOSPC` at the user's limit of watches.
    public func watch(
        _ descriptor: HeldDescriptor, for interest: Interest, _ handler: @escaping @Sendable (Readiness) -> Void
    ) throws(Errno) -> WatchToken {
        preconditionOnLoop()
        let token = state.makeToken()
        try epoll.withUnsafeNumber { epoll throws(Errno) in
            try SystemCall.retrying(on: descriptor) { linux_epoll_add(epoll, $0, interest.rawValue, token) }
        }
        state.watches[token] = Watch(descriptor: descriptor, interest: interest, handler: handler)
        return WatchToken(value: token)
    }

    /// Waits for something else from now on. On the loop's thread. A token that is unwatched has no effect.
    public func change(_ token: WatchToken, to interest: Interest) {
        preconditionOnLoop()
        guard let watch = state.watches[token.value], watch.interest != interest else { return }
        state.watches[token.value]!.interest = interest  // It was found a line above.
        control(watch) { linux_epoll_modify($0, $1, interest.rawValue, token.value) }
    }

    /// Ends a watch: its handler is not called again, not even for an event of this turn, and is released.
    ///
    /// On the loop's thread; also from within the handler itself. A second time has no effect.
    public func unwatch(_ token: WatchToken) {
        preconditionOnLoop()
        guard let watch = state.watches.removeValue(forKey: token.value) else { return }
        control(watch) { linux_epoll_remove($0, $1) }
    }

    /// The number of watches, for status and tests. On the loop's thread.
    public var watchCount: Int {
        preconditionOnLoop()
        return state.watches.count
    }

    /// A descriptor that was closed while it was watched is a bug that must not be passed over: where another process
    /// holds the same description, epoll goes on reporting it, in every turn, and nothing could take it out any more.
    private func control(_ watch: Watch, _ call: (CInt, CInt) -> CInt) {
        // To change or to end a watch needs nothing that can run short: another error than these is nobody's fault, and is
        // tried once more.
        for _ in 0..<2 {
            do throws(Errno) {
                return try epoll.withUnsafeNumber { epoll throws(Errno) in
                    _ = try SystemCall.retrying(on: watch.descriptor) { call(epoll, $0) }
                }
            } catch .badFileDescriptor, .noSuchFileOrDirectory {
                preconditionFailure("a watched descriptor was closed by somebody who does not own it")
            } catch {
                continue
            }
        }
    }
}

/// Names one watch of one loop. No other watch of that loop ever gets it again, though descriptor numbers are reused.
public struct WatchToken: Hashable, Sendable {
    let value: UInt64
}

/// One entry of the loop's table.
struct Watch {
    /// Open for as long as it is watched.
    let descriptor: HeldDescriptor
    var interest: Interest
    let handler: @Sendable (Readiness) -> Void
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

/// The deposits that the service manager keeps while the broker is down (`FDSTORE`), each under its id.
///
/// The loop never waits for the manager: what that does not take at once is told a little later, in the same order.
///
/// Lives on the broker's loop.
final class DepositStore {
    private enum Order {
        case store(HeldDescriptor, id: String)
        case remove(id: String)
    }

    private static let prefix = "deposit="
    /// The manager hands the names of all that it keeps over in one variable, which may have 128 KiB: with more, this service could
    /// not be started any more. A quarter is left to listeners, whose names are the administrator's.
    static let mostNameBytes = 96 << 10
    /// After how long it is tried again.
    private static let retry: Duration = .milliseconds(100)

    private let manager: ServiceNotifier?
    /// How many, where the manager says how many it takes: an eighth is left to listeners.
    private let most: Int
    private let loop: EventLoop
    /// What a start brought, by id, and nobody has asked for yet.
    private var handed: [String: [HeldDescriptor]] = [:]
    /// What the manager keeps, or will have been told to.
    private var known: Set<String> = []
    private var nameBytes = 0
    /// What is held and would not fit in.
    private var left: Set<String> = []
    private var orders: [Order] = []
    private var isTimed = false

    /// - Parameter entries: what the manager handed over of its store.
    init(_ manager: ServiceNotifier?, _ entries: [ActivationSockets.Entry], _ loop: EventLoop) {
        self.manager = manager
        most = manager?.storeLimit.map { $0 - $0 / 8 } ?? .max
        self.loop = loop
        for entry in entries {
            let id = String(entry.name.utf8.dropFirst(Self.prefix.utf8.count)) ?? ""
            handed[id, default: []].append(entry.descriptor)
            if known.insert(id).inserted { nameBytes += Self.size(id) }
        }
    }

    /// Whether a descriptor of this name was stored here.
    static func hasStored(_ name: String) -> Bool { name.utf8.starts(with: prefix.utf8) }

    /// The name under which one of this id is stored.
    static func name(_ id: String) -> String { prefix + id }

    /// With what stands between two names.
    private static func size(_ id: String) -> Int { name(id).utf8.count + 1 }

    /// How many are kept, or will be.
    var count: Int { known.count }

    /// How many are held and not kept, since there is no room.
    var leftOut: Int { left.count }

    // MARK: What was kept

    /// What was kept under this id; once.
    func take(_ id: String) -> [HeldDescriptor] { handed.removeValue(forKey: id) ?? [] }

    /// Gives up what nobody took: it is closed here and with the manager.
    /// - Returns: the names under which it was stored.
    func dropRest() -> [String] {
        let ids = handed.keys.sorted()
        handed = [:]
        for id in ids { drop(id) }
        return ids.map(Self.name)
    }

    // MARK: What is to be kept

    /// Has the manager keep one from now on.
    /// - Returns: whether there is room for it.
    func keep(_ descriptor: HeldDescriptor, id: String) -> Bool {
        guard manager != nil, !known.contains(id) else { return true }
        guard known.count < most, nameBytes + Self.size(id) <= Self.mostNameBytes else {
            left.insert(id)
            return false
        }
        known.insert(id)
        nameBytes += Self.size(id)
        give(.store(descriptor, id: id))
        return true
    }

    /// Has the manager keep it no longer.
    func drop(_ id: String) {
        guard known.remove(id) != nil else {
            left.remove(id)
            return
        }
        nameBytes -= Self.size(id)
        // One that it has not been told of it need not give up.
        let isWaiting = orders.firstIndex { if case .store(_, id: id) = $0 { true } else { false } }
        if let isWaiting { orders.remove(at: isWaiting) } else { give(.remove(id: id)) }
    }

    private func give(_ order: Order) {
        orders.append(order)
        if !isTimed { giveAll() }
    }

    private func giveAll() {
        guard let manager else {
            orders = []
            return
        }
        var done = 0
        for order in orders {
            do throws(Errno) {
                switch order {
                case .store(let descriptor, let id): try manager.store(descriptor, name: Self.name(id), waits: false)
                case .remove(let id): try manager.remove(stored: Self.name(id), waits: false)
                }
            } catch {
                // Of a manager that is not there any more nothing is to be had.
                if error == .resourceTemporarilyUnavailable || error == .tooManyReferences { break }
            }
            done += 1
        }
        orders.removeFirst(done)
        guard !orders.isEmpty else { return }
        isTimed = true
        let bound = LoopBound(self, to: loop)
        _ = loop.timer(after: Self.retry) {
            bound.value.isTimed = false
            bound.value.giveAll()
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import OpenerWire
import SystemPackage
import VaultCore
import VaultModel

/// What is held, and what its path names now: a log that was rotated, a key that was replaced.
extension Broker {
    /// So many paths are looked at in a second for one user.
    static let looksPerUser = 1024
    /// How long a call waits for its looks, in microseconds: a path may hang.
    static let lookPatienceUSec: Int64 = 1_000_000

    /// Looks for a call whether the paths of capabilities still name what is held. A look that is under way for somebody else
    /// serves this call too.
    func look(_ due: DueLooks, _ session: Session, _ done: @escaping () -> Void) {
        let entries = due.entries
        let isAdmitted = lookPace.admit(
            entries.count, for: session.identity.account, limit: Self.looksPerUser, bootUSec: SystemClock.bootTimeUSec()
        )
        look(isAdmitted ? entries : [], OpenerAccount(uid: session.identity.uid), done)
    }

    private func look(
        _ due: [CapabilityEntry], _ account: OpenerAccount, isAnew: Bool = false, _ done: @escaping () -> Void
    ) {
        guard !due.isEmpty else { return done() }
        let wait = LookWait(left: due.count, done)
        wait.end(after: Self.lookPatienceUSec, on: loop)
        for entry in due { look(at: entry, account, isAnew: isAnew) { wait.countDown() } }
    }

    /// - Parameter isAnew: a look that is under way does not serve, since it may have opened the path before.
    func look(
        at entry: CapabilityEntry, _ account: OpenerAccount, isAnew: Bool = false, _ done: @escaping () -> Void
    ) {
        guard looks.begin(entry, isAnew: isAnew, done) else { return }
        switch entry.capability.source {
        case .file(let path, _, _), .memory(.file(let path)):
            look(at: path, .regular, for: entry, account)
        case .directory(let path):
            look(at: path, .directory, for: entry, account)
        case .memory(.credential(let name)):
            let credentials = configuration.credentials
            Task {
                let now = await work.run {
                    Result { () throws(Errno) in
                        guard let status = try credentials?.status(of: name) else { throw .noSuchFileOrDirectory }
                        return FileVersion(status)
                    }
                }
                looked(at: entry, now)
            }
        // To look at a device would be to open it, which can be an act.
        case .device, .fifo, .pipe, .listener, .connection, .helper, .deposit:
            looked(at: entry, .failure(.notSupported))
        }
    }

    private func look(
        at path: SourcePath, _ kind: OpenPath.Kind, for entry: CapabilityEntry, _ account: OpenerAccount
    ) {
        opener.openWithStatus(path: path, flags: O_RDONLY, mode: nil, mustBe: kind, for: account) { result in
            switch result {
            case .success(let (_, status)):
                self.looked(at: entry, .success(FileVersion(status)))
            case .failure(let failure):
                let isAnother = failure.reason == .notRegular || failure.reason == .notDirectory
                self.looked(at: entry, .failure(isAnother ? .noSuchFileOrDirectory : failure.errno))
            }
        }
    }

    private func looked(at entry: CapabilityEntry, _ now: Result<FileVersion, Errno>) {
        if let held = entry.heldFile {
            switch now {
            case .success(let now):
                let isRead = entry.capability.kind == .memory || entry.capability.renewal == .written
                table.looked(entry, isStale: isRead ? now != held : !now.isSameFile(as: held))
            case .failure(.noSuchFileOrDirectory):
                table.looked(entry, isStale: true)
            case .failure:
                // It is not known: what was seen last holds.
                break
            }
        }
        let (lookers, next) = looks.end(entry, bootUSec: SystemClock.bootTimeUSec())
        for looker in lookers { looker() }
        for looker in next { look(at: entry, .broker, looker) }
    }

    /// Opens anew, as a reload does, what is held and no longer what its path names. Where that fails, what is held goes on
    /// being served, and stays `stale`.
    func renewStale() async {
        await withCheckedContinuation { continuation in
            look(table.sorted(where: \.canGoStale), .broker, isAnew: true) { continuation.resume() }
        }
        let stale = table.sorted(where: \.isStale)
        guard !stale.isEmpty else { return }
        await withCheckedContinuation { continuation in
            let wait = LookWait(left: stale.count) { continuation.resume() }
            wait.end(after: configuration.openerTimeLimitUSec, on: loop)
            for entry in stale { renew(entry, .reload) { _ in wait.countDown() } }
        }
    }
}

/// Those of many capabilities whose paths are looked at for one call: those first that were not looked at for longest.
struct DueLooks {
    /// So many paths are looked at for one call; the others are as they were seen last.
    static let most = 256

    private var due: [(entry: CapabilityEntry, lookedAtUSec: Int64)] = []

    init() {}

    init(_ entries: some Sequence<CapabilityEntry>, _ looks: PathLooks) { add(entries, looks) }

    var entries: [CapabilityEntry] { due.map(\.entry) }

    mutating func add(_ entries: some Sequence<CapabilityEntry>, _ looks: PathLooks) {
        for entry in entries where entry.canGoStale {
            due.append((entry, looks.time(of: entry)))
            if due.count >= 4 * Self.most { cut() }
        }
        cut()
    }

    private mutating func cut() {
        guard due.count > Self.most else { return }
        due.sort { $0.lookedAtUSec < $1.lookedAtUSec }
        due.removeLast(due.count - Self.most)
    }
}

/// The looks at the paths of capabilities: which are under way, who waits for them, and when each was the last.
///
/// Lives on the broker's loop.
struct PathLooks {
    private struct Look {
        var lookedAtUSec: Int64 = 0
        /// nil when there is none under way.
        var lookers: [() -> Void]?
        /// Who needs one that begins later.
        var next: [() -> Void] = []
    }

    private var looks: [ObjectIdentifier: Look] = [:]

    var count: Int { looks.count }

    /// When a path was last looked at (boot clock).
    func time(of entry: CapabilityEntry) -> Int64 { looks[ObjectIdentifier(entry)]?.lookedAtUSec ?? 0 }

    /// - Parameter isAnew: one that is under way does not serve this one; otherwise it does.
    /// - Returns: whether a look is to be begun now.
    mutating func begin(_ entry: AnyObject, isAnew: Bool = false, _ done: @escaping () -> Void) -> Bool {
        let key = ObjectIdentifier(entry)
        guard looks[key]?.lookers != nil else {
            looks[key, default: Look()].lookers = [done]
            return true
        }
        if isAnew { looks[key]?.next.append(done) } else { looks[key]?.lookers?.append(done) }
        return false
    }

    /// A look has ended.
    /// - Returns: who waited for it, and who waits for one that begins now.
    mutating func end(_ entry: AnyObject, bootUSec: Int64) -> (lookers: [() -> Void], next: [() -> Void]) {
        let ended = looks.updateValue(Look(lookedAtUSec: bootUSec), forKey: ObjectIdentifier(entry))
        return (ended?.lookers ?? [], ended?.next ?? [])
    }

    /// Forgets the capabilities that are gone.
    mutating func keep(only entries: some Sequence<CapabilityEntry>) {
        let kept = Set(entries.map(ObjectIdentifier.init))
        looks = looks.filter { kept.contains($0.key) || $0.value.lookers != nil }
    }
}

/// Who waits for a number of things to come, and not longer than until its end. Lives on the broker's loop.
final class LookWait {
    private var left: Int
    private var done: (() -> Void)?
    private var cancelTimer: () -> Void = {}

    init(left: Int, _ done: @escaping () -> Void) {
        self.left = left
        self.done = done
    }

    func countDown() {
        left -= 1
        if left == 0 { end() }
    }

    /// Waits no longer than that.
    func end(after limitUSec: Int64, on loop: EventLoop) {
        let bound = LoopBound(self, to: loop)
        let timer = loop.timer(after: .microseconds(limitUSec)) { bound.value.end() }
        cancelTimer = { _ = loop.cancel(timer) }
    }

    private func end() {
        guard let done else { return }
        self.done = nil
        cancelTimer()
        done()
    }
}

extension Deposit {
    fileprivate var stateWord: String { isTaken ? "taken" : isHungUp ? "hung-up" : "ready" }
}

extension CapabilityEntry {
    /// Which file was held, or read into memory, when it was opened: to tell when its path names another.
    var heldFile: FileVersion? { (holding as? OpenHolding)?.file }

    /// Whether a look at the path can tell that it is stale.
    var canGoStale: Bool {
        guard heldFile != nil else { return false }
        switch capability.source {
        case .file, .directory, .memory: return true
        case .device, .fifo, .pipe, .listener, .connection, .helper, .deposit: return false
        }
    }

    /// Whether `vault list` shows it as stale.
    var isShownStale: Bool {
        if case .held = state { isStale } else { false }
    }

    /// What `vault list` shows as the state.
    var stateWord: String {
        switch state {
        case .closed: "closed"
        case .opening: "opening"
        case .held: deposit?.stateWord ?? (isStale ? "stale" : "ready")
        case .failed: "failed"
        }
    }

    /// What revoking a grant of this capability can take back (Decisions: a revocation says what it cuts).
    var revocation: String { capability.isCutByRevocation ? "shutdown" : "none" }
}

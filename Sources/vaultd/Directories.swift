// SPDX-License-Identifier: Apache-2.0

import CLinux
import Descriptors
import Glibc
import SystemPackage

/// Makes the directories of state and socket, and gives that of the state to the user as whom the broker runs.
///
/// Root follows nobody: each link on the way must be root's, or of whoever starts the daemon, and lie where nobody else can replace
/// it. What is found is made, looked at and given away by its descriptor.
struct Directories {
    let settings: Settings
    let user: RunAsUser?

    /// - Parameter sockets: those that are made here, not by the service manager. Their directories stay this process's
    ///   own: who may write there could put another socket in the place of the broker's.
    func prepare(sockets: [Settings.Value<String>]) throws(StartFailure) {
        // Through no link in the last place where it is given away: what it leads to may be somebody else's.
        let state = Place(path: settings.state.value, origin: settings.state.origin, followingLast: user == nil)
        let found = try make(state, mode: 0o700)
        if let user { try give(found, state, to: user) }
        for socket in sockets {
            let (directory, _) = try StateLocation.split(socket: socket)
            guard directory != "." else { continue }
            _ = try make(Place(path: directory, origin: socket.origin, followingLast: true), mode: 0o755)
        }
    }

    private struct Place {
        let path: String
        let origin: String
        let followingLast: Bool
    }

    /// An existing directory stays as it is; where it lies, as an `O_PATH` descriptor.
    private func make(_ place: Place, mode: UInt32) throws(StartFailure) -> OwnedDescriptor {
        let whole = FilePath(try StateLocation.absolute(place.path))
        let found = try locateOrMake(whole, place, mode: mode)
        let kind = try StartFailure.reporting(
            "cannot look at '\(place.path)' (\(place.origin))", remedy: "name another place"
        ) { () throws(Errno) in try FileStatus(of: found).kind }
        if kind == .directory { return found }
        guard kind == .symbolicLink, let user else {
            throw StartFailure(
                message: "'\(place.path)' (\(place.origin)) is no directory", remedy: "name another place",
                isUsage: true)
        }
        throw StartFailure(
            message: "cannot give '\(place.path)' (\(place.origin)) to \(user.name) (run-as): it is a symbolic link",
            remedy: "name a directory that is no symbolic link as the state")
    }

    private func locateOrMake(
        _ whole: FilePath, _ place: Place, mode: UInt32
    ) throws(StartFailure) -> OwnedDescriptor {
        do throws(PathWalk.Failure) {
            return try locateOrMake(whole, followingLast: place.followingLast, mode: mode)
        } catch {
            throw failure(error, place)
        }
    }

    private func locateOrMake(
        _ whole: FilePath, followingLast: Bool, mode: UInt32
    ) throws(PathWalk.Failure) -> OwnedDescriptor {
        let root = HeldDescriptor(
            try Self.walking { () throws(Errno) in
                try OwnedDescriptor.open("/", flags: linux_o_path | O_DIRECTORY)
            })
        let walk = PathWalk(
            from: root, trust: LinkTrust(owners: [0, geteuid(), settings.owner]), absoluteLinks: .toRoot)
        do throws(PathWalk.Failure) {
            return try walk.locate(whole, followingLast: followingLast)
        } catch {
            guard error == .failed(.noSuchFileOrDirectory) else { throw error }
        }
        // Those above may be seen by all, the place itself as the mode says. A link that leads to nothing is followed too.
        if let name = whole.lastComponent, name.kind == .regular {
            let above = try walk.locate(whole.directory, makingDirectories: 0o755)
            _ = try Self.walking { () throws(Errno) in try above.makeDirectory(FilePath(name.string), mode: mode) }
        }
        return try walk.locate(whole, followingLast: followingLast, makingDirectories: mode)
    }

    private static func walking<Value: ~Copyable>(
        _ body: () throws(Errno) -> Value
    ) throws(PathWalk.Failure) -> Value {
        do throws(Errno) {
            return try body()
        } catch {
            throw .failed(error)
        }
    }

    private func failure(_ error: PathWalk.Failure, _ place: Place) -> StartFailure {
        switch error {
        case .failed(let errno):
            StartFailure(
                "cannot make '\(place.path)' (\(place.origin))", errno,
                remedy: "make the directory, or name another place")
        case .linkOfOthers(let link, let uid):
            StartFailure(
                message:
                    "'/\(link)', on the way to '\(place.path)' (\(place.origin)), is a symbolic link of uid "
                    + "\(uid)'s, who could lead vaultd anywhere",
                remedy: "name the path that it leads to, or have root own the link and the directory that it lies in")
        case .directoryOfOthers(let directory, let uid):
            // Not asked for here: below a directory of others only links are judged.
            StartFailure(
                message:
                    "others may write to '/\(directory)' of uid \(uid), on the way to '\(place.path)' (\(place.origin))",
                remedy: "have root own the directory, or name another place")
        }
    }

    /// Only what is root's is given: another owner is for the administrator to explain.
    private func give(
        _ place: borrowing OwnedDescriptor, _ named: Place, to user: RunAsUser
    ) throws(StartFailure) {
        let owner = try StartFailure.reporting(
            "cannot give '\(named.path)' to \(user.name) (run-as)", remedy: "name another directory as the state"
        ) { () throws(Errno) in
            let directory = try OwnedDescriptor.open(".", flags: O_RDONLY | O_DIRECTORY, in: place)
            let owner = try FileStatus(of: directory).uid
            if owner == 0 { try SystemCall.retrying(on: directory) { fchown($0, user.uid, user.gid) } }
            return owner
        }
        guard owner == 0 || owner == user.uid else {
            throw StartFailure(
                message: "'\(named.path)' belongs to uid \(owner), and vaultd goes on as \(user.name) (run-as)",
                remedy: "chown -R \(user.name): '\(named.path)', or name another directory as the state")
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Descriptors
import SystemPackage

/// An absolute path as the kernel walks it: components of bytes, without the empty ones and `.`, which lead nowhere.
struct WalkedPath: Hashable {
    private(set) var components: [[UInt8]]

    private static let slash = UInt8(ascii: "/")
    private static let parent = Array("..".utf8)

    init(_ text: String) {
        components = Self.components(text.utf8)
    }

    private init(components: [[UInt8]]) {
        self.components = components
    }

    private static func components(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
        bytes.split(separator: slash).map { Array($0) }.filter { $0 != [UInt8(ascii: ".")] }
    }

    /// With single slashes, from `/` on.
    var text: String { "/" + components.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/") }

    /// Whether it is `directory` or lies beneath it, as far as the texts tell.
    func isWithin(_ directory: WalkedPath) -> Bool { components.starts(with: directory.components) }

    /// How deep it lies.
    var depth: Int { components.count }

    /// Its first components.
    func prefix(_ depth: Int) -> WalkedPath { WalkedPath(components: Array(components.prefix(depth))) }

    // MARK: Where it leads

    /// Where a walk ends.
    enum End {
        /// Within the root; what is not there, or may not be looked at, counts as no link.
        case within(WalkedPath)
        /// It leaves the root: by this link, or by a `..` of its own.
        case outside(link: (path: String, target: String)?)
        /// By way of a link that is not root's or this user's, or that others can replace: the opener follows none.
        case linkOfOthers(path: String, target: String)
        /// By way of a directory that is not root's or this user's, or that others may write to.
        case directoryOfOthers(path: String)
        /// More links than the kernel follows.
        case endless
    }

    /// How many links a resolution follows, as the kernel has it.
    private static let mostLinks = 40

    /// Walks from `root` on, as `RESOLVE_BENEATH` of openat2(2) does: an absolute link leaves the root, and so do more `..` than
    /// there are directories below it.
    /// - Parameters:
    ///   - seen: looks at links, and follows them; nil: only the text counts. Looking can hang on a file system that does not
    ///     answer.
    ///   - othersMayWrite: to the directories on the way.
    func walked(beneath root: WalkedPath, _ seen: SeenPaths?, followsLast: Bool, othersMayWrite: Bool) -> End {
        var left = Array(components.dropFirst(root.depth))
        var done: [[UInt8]] = []
        var links = 0
        // The link whose target is being walked.
        var source: (path: String, target: String)?
        while !left.isEmpty {
            let component = left.removeFirst()
            if component == Self.parent {
                guard done.popLast() != nil else { return .outside(link: source) }
                continue
            }
            if let seen, !othersMayWrite {
                let around = WalkedPath(components: root.components + done)
                if seen.isDirectoryOfOthers(around) { return .directoryOfOthers(path: around.text) }
            }
            let here = WalkedPath(components: root.components + done + [component])
            guard let seen, !left.isEmpty || followsLast, let target = seen.linkTarget(of: here) else {
                done.append(component)
                continue
            }
            links += 1
            guard links <= Self.mostLinks else { return .endless }
            let link = (path: here.text, target: String(decoding: target, as: UTF8.self))
            source = link
            if target.first == Self.slash { return .outside(link: source) }
            let around = WalkedPath(components: root.components + done)
            if here.isLinkOfOthers(in: around) { return .linkOfOthers(path: link.path, target: link.target) }
            left = Self.components(target) + left
        }
        return .within(WalkedPath(components: root.components + done))
    }

    /// nil for what is no link, is not there, or may not be looked at.
    fileprivate var linkTarget: [UInt8]? { try? FilePath(text).linkTarget() }

    /// Who looks at the policy may be another user than the opener: what is theirs is not judged.
    private func isLinkOfOthers(in directory: WalkedPath) -> Bool {
        guard let link = try? FileStatus(ofPath: FilePath(text), followingLinks: false),
            let around = try? FileStatus(ofPath: FilePath(directory.text))
        else { return false }
        return !LinkTrust.ofThisProcess.allows(link: link, in: around)
    }

    fileprivate var isDirectoryOfOthers: Bool {
        guard let status = try? FileStatus(ofPath: FilePath(text), followingLinks: false) else { return false }
        return !LinkTrust.ofThisProcess.isKept(status)
    }

    /// Which directories and files lead to it, itself included: by device and inode, which no bind mount disguises. Without
    /// those that are not there or may not be looked at.
    func identities(_ seen: SeenPaths) -> Set<FileIdentity> {
        Set((0...depth).compactMap { seen.identity(of: prefix($0)) })
    }

    /// Of what lies there, following links.
    fileprivate var identity: FileIdentity? {
        (try? FileStatus(ofPath: FilePath(text))).map { FileIdentity(device: $0.device, inode: $0.inode) }
    }
}

/// What was seen of paths, each looked at once: of many capabilities most lie in the same few directories.
final class SeenPaths {
    private var ofOthers: [WalkedPath: Bool] = [:]
    private var targets: [WalkedPath: [UInt8]?] = [:]
    private var identities: [WalkedPath: FileIdentity?] = [:]

    fileprivate func isDirectoryOfOthers(_ path: WalkedPath) -> Bool {
        let found = ofOthers[path] ?? path.isDirectoryOfOthers
        ofOthers[path] = found
        return found
    }

    fileprivate func linkTarget(of path: WalkedPath) -> [UInt8]? {
        let found = targets[path] ?? path.linkTarget
        targets[path] = .some(found)
        return found
    }

    func identity(of path: WalkedPath) -> FileIdentity? {
        let found = identities[path] ?? path.identity
        identities[path] = .some(found)
        return found
    }
}

/// Which file or directory it is, wherever it lies.
struct FileIdentity: Hashable {
    let device: UInt64
    let inode: UInt64
}

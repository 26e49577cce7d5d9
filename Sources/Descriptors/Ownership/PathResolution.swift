// SPDX-License-Identifier: Apache-2.0

import CLinux

/// What a path may lead through, openat2(2).
public struct PathResolution: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// No other mount.
    public static let sameMount = PathResolution(rawValue: UInt64(LINUX_RESOLVE_NO_XDEV))
    /// No link of `/proc` that is more than its text.
    public static let noMagicLinks = PathResolution(rawValue: UInt64(LINUX_RESOLVE_NO_MAGICLINKS))
    /// No symbolic link at all.
    public static let noSymbolicLinks = PathResolution(rawValue: UInt64(LINUX_RESOLVE_NO_SYMLINKS))
    /// Nothing outside of the directory: absolute paths and links, and `..` out of it, are `EXDEV`.
    public static let beneath = PathResolution(rawValue: UInt64(LINUX_RESOLVE_BENEATH))
    /// The directory is `/` for the path and all links.
    public static let inRoot = PathResolution(rawValue: UInt64(LINUX_RESOLVE_IN_ROOT))
    /// Only what needs no disk: otherwise `EAGAIN`.
    public static let cached = PathResolution(rawValue: UInt64(LINUX_RESOLVE_CACHED))
}

// SPDX-License-Identifier: Apache-2.0

/// What kind of thing a descriptor names, by the type bits of its mode.
public enum FileKind: Equatable, Hashable, Sendable {
    case regular, directory, symbolicLink, fifo, socket, characterDevice, blockDevice
    /// Type bits of 0: eventfd, epoll, memory of a driver and other anonymous inodes.
    case anonymous
}

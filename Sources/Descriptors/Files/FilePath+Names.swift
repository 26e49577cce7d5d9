// SPDX-License-Identifier: Apache-2.0

import Glibc
package import SystemPackage

/// Names in directories. What changes one survives a crash of the machine once the directory is synchronised.
extension FilePath {
    /// Where the last component stands: `.` for a single component.
    package var directory: FilePath {
        let parent = removingLastComponent()
        return parent.isEmpty ? "." : parent
    }

    /// `fsync(2)` of the directory that this is.
    package func synchronizeDirectory() throws(Errno) {
        try OwnedDescriptor.open(self, flags: O_RDONLY | O_DIRECTORY).synchronize()
    }

    /// `rename(2)`: whoever opens `new` gets what was there or all of this.
    package func rename(to new: FilePath) throws(Errno) {
        try SystemCall.retrying { withPlatformString { old in new.withPlatformString { Glibc.rename(old, $0) } } }
    }

    /// `link(2)`.
    /// - Throws: `EEXIST` where there is something of that name.
    package func link(as new: FilePath) throws(Errno) {
        try SystemCall.retrying { withPlatformString { old in new.withPlatformString { Glibc.link(old, $0) } } }
    }

    /// `unlink(2)`.
    /// - Returns: false where there was nothing of that name.
    @discardableResult
    package func unlink() throws(Errno) -> Bool {
        do throws(Errno) {
            try SystemCall.retrying { withPlatformString { Glibc.unlink($0) } }
            return true
        } catch .noSuchFileOrDirectory {
            return false
        }
    }

    /// `mkdir(2)`.
    /// - Returns: false where there is something of that name, of whatever kind.
    @discardableResult
    package func makeDirectory(mode: UInt32) throws(Errno) -> Bool {
        do throws(Errno) {
            try SystemCall.retrying { withPlatformString { mkdir($0, mode_t(mode)) } }
            return true
        } catch .fileExists {
            return false
        }
    }

    /// `readlinkat(2)`: the bytes that a link holds.
    ///
    /// - Parameter directory: where a relative path starts.
    package func linkTarget<Directory: Descriptor & ~Copyable>(
        in directory: borrowing Directory = StandardDescriptor.currentDirectory
    ) throws(Errno) -> [UInt8] {
        try withUnsafeTemporaryAllocation(byteCount: Int(PATH_MAX), alignment: 1) { buffer throws(Errno) in
            let count = try SystemCall.retrying(on: directory) { start in
                withPlatformString {
                    // A buffer that is not empty has an address.
                    readlinkat(start, $0, buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count)
                }
            }
            // The kernel makes no link of PATH_MAX bytes.
            return Array(buffer[..<count])
        }
    }

    /// The directory of the program that this process runs.
    package static func ofOwnProgram() throws(Errno) -> FilePath {
        FilePath(String(decoding: try FilePath("/proc/self/exe").linkTarget(), as: UTF8.self)).directory
    }

    /// The names of the entries of the directory that this is: see ``Descriptor/entryNames()``.
    package func entryNames() throws(Errno) -> [[UInt8]] {
        try OwnedDescriptor.open(self, flags: O_RDONLY | O_DIRECTORY).entryNames()
    }

    /// A name beside this one, for what is to replace it. Nobody can tell it before it is there, nor put a link in its place: open it
    /// with `O_EXCL | O_NOFOLLOW`.
    package func draft() -> FilePath {
        var path = self
        let name = lastComponent?.string ?? ""
        path.removeLastComponent()
        return path.appending("\(name).new-\(String(UInt64.random(in: 0 ... .max), radix: 16))")
    }

    /// The path without links, `.` and `..` (`realpath(3)`).
    package func resolved() throws(Errno) -> FilePath {
        guard let found = withPlatformString({ realpath($0, nil) }) else { throw Errno(rawValue: errno) }
        defer { free(found) }
        return FilePath(platformString: found)
    }
}

extension Descriptor where Self: ~Copyable {
    /// `mkdirat(2)` in the directory that this is.
    /// - Returns: false where there is something of that name, of whatever kind.
    @discardableResult
    package func makeDirectory(_ name: FilePath, mode: UInt32) throws(Errno) -> Bool {
        do throws(Errno) {
            try SystemCall.retrying(on: self) { directory in
                name.withPlatformString { mkdirat(directory, $0, mode_t(mode)) }
            }
            return true
        } catch .fileExists {
            return false
        }
    }

    /// The names of the entries of a directory that is open, without `.` and `..`, as the file system has them: any bytes but
    /// zero and `/`. In no order. Moves the file offset.
    ///
    /// - Throws: `ENOTDIR`, and what readdir(3) says. Of an `O_PATH` descriptor `EBADF`.
    package func entryNames() throws(Errno) -> [[UInt8]] {
        // The stream takes its descriptor over.
        let number = try duplicate().release()
        guard let stream = fdopendir(number) else {
            let error = Errno(rawValue: errno)
            _ = OwnedDescriptor(adopting: number)
            throw error
        }
        defer { closedir(stream) }
        rewinddir(stream)
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw Errno(rawValue: errno) }
                return names
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [0x2E], name != [0x2E, 0x2E] { names.append(name) }
        }
    }
}

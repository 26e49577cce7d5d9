// SPDX-License-Identifier: Apache-2.0

import Descriptors
import Glibc
import JSONText
import SystemPackage
import TerminalKit

/// A directory of rules as s6-fdholderd reads it (`-i`): whom it lets in by uid and gid, and what these may.
struct S6Rules {
    /// What stands in `uid/N` or `gid/N`.
    struct Entry: Equatable {
        /// As it is called beneath the directory, such as `uid/7`.
        let place: String
        /// There is `allow`; otherwise there is `deny`.
        var isAllowed = true
        var store: S6Expression?
        var retrieve: S6Expression?
        var list = false
        var getDump = false
        var setDump = false
    }

    /// What could not be said in a policy, or has no effect.
    struct Remark: Equatable {
        let message: String
        let remedy: String
        /// Somebody may do less than s6 let him.
        var isNarrower = true
    }

    /// By the numbers of users, and of primary groups.
    private(set) var users: [UInt32: Entry] = [:]
    private(set) var groups: [UInt32: Entry] = [:]
    /// Of everybody else.
    private(set) var others: Entry?
    private(set) var remarks: [Remark] = []

    private let directory: FilePath

    /// - Parameter ownIDs: of the process that s6-fdholderd was, for `uid/self` and `gid/self`.
    init(_ path: String, ownUID: UInt32?, ownGID: UInt32?) throws(Failure) {
        directory = FilePath(path)
        users = try read("uid", own: ownUID, option: "--uid")
        groups = try read("gid", own: ownGID, option: "--gid")
        others = try entry("uid/default")
        guard !users.isEmpty || !groups.isEmpty || others != nil else {
            throw Failure(
                .refused, "there is no rule in '\(path)': no uid/N, gid/N or uid/default with allow or deny",
                next: "the directory that s6-fdholderd is given with -i")
        }
    }

    private mutating func read(
        _ kind: String, own: UInt32?, option: String
    ) throws(Failure) -> [UInt32: Entry] {
        var entries: [UInt32: Entry] = [:]
        var ofSelf: Entry?
        for name in try names("\(kind)") {
            let place = "\(kind)/\(name)"
            if place == "uid/default" { continue }
            if name == "self" {
                ofSelf = try entry(place)
            } else if let number = UInt32(name), String(number) == name, number < .max {
                entries[number] = try entry(place)
            } else {
                remark("\(place) has no effect: s6-fdholderd looks for numbers, self and uid/default", "remove it")
            }
        }
        guard let ofSelf else { return entries }
        guard let own else {
            throw Failure(
                .usage, "there is \(kind)/self: as whom did s6-fdholderd run?",
                next: "vault import s6-rules \(option) N \(directory.string)")
        }
        // It is looked up first.
        entries[own] = ofSelf
        return entries
    }

    private mutating func remark(_ message: String, _ remedy: String) {
        remarks.append(Remark(message: message, remedy: remedy, isNarrower: false))
    }

    // MARK: One entry

    private mutating func entry(_ place: String) throws(Failure) -> Entry? {
        let names = try names(place)
        guard names.contains("allow") else {
            return names.contains("deny") ? Entry(place: place, isAllowed: false) : nil
        }
        var entry = Entry(place: place)
        if names.contains("exec") { remark("\(place)/exec has no effect, nor had it in s6-fdholderd", "remove it") }
        guard names.contains("env") else { return entry }
        for name in try self.names("\(place)/env") {
            let path = "\(place)/env/\(name)"
            let content = try InputFile.bytes(directory.appending(path).string, as: "a rule of s6")
            // A file without a byte takes the variable away.
            guard !content.isEmpty else { continue }
            switch name {
            case "S6_FDHOLDER_LIST": entry.list = true
            case "S6_FDHOLDER_GETDUMP": entry.getDump = true
            case "S6_FDHOLDER_SETDUMP": entry.setDump = true
            case "S6_FDHOLDER_STORE_REGEX": entry.store = expression(content, path, &entry)
            case "S6_FDHOLDER_RETRIEVE_REGEX": entry.retrieve = expression(content, path, &entry)
            default: remark("\(path) has no effect: s6-fdholderd knows no such variable", "look how it is written")
            }
        }
        return entry
    }

    /// The first line, without blanks at its end.
    private mutating func expression(_ content: [UInt8], _ path: String, _ entry: inout Entry) -> S6Expression? {
        let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        var line = Array(lines.first ?? [])
        while line.last == UInt8(ascii: " ") || line.last == UInt8(ascii: "\t") { line.removeLast() }
        let text = String(decoding: line, as: UTF8.self).escaped
        guard lines.dropFirst().allSatisfy(\.isEmpty), !line.contains(0) else {
            remarks.append(
                Remark(message: "\(path) has more than one line: nothing is made of it", remedy: "write one line"))
            return nil
        }
        do throws(S6Expression.Invalid) {
            let expression = try S6Expression(line)
            for why in expression.omissions {
                remarks.append(
                    Remark(
                        message: "\(path): '\(text)' is more than patterns say: \(why)",
                        remedy: "write what is meant as a pattern of names, in a rule of its own"))
            }
            return expression
        } catch {
            // With it s6-fdholderd disconnects everybody whom the entry is about.
            entry.isAllowed = false
            remark(
                "\(path): '\(text)' is no expression (\(error.reason)): s6-fdholderd lets nobody in by it", "mend it")
            return nil
        }
    }

    /// What lies in a directory beneath the one; nothing where it is none, or is not there.
    private func names(_ place: String) throws(Failure) -> [String] {
        let path = directory.appending(place)
        do throws(Errno) {
            return try path.entryNames().map { String(decoding: $0, as: UTF8.self) }.sorted()
        } catch .noSuchFileOrDirectory {
            do throws(Errno) {
                guard try FileStatus(ofPath: directory).kind == .directory else { throw .notDirectory }
            } catch {
                throw Failure(directory.string, error, next: "the directory that s6-fdholderd is given with -i")
            }
            return []
        } catch .notDirectory {
            return []
        } catch {
            throw Failure(
                path.string, error, next: "root, or whoever may read all of it: what is not read would be left out")
        }
    }
}

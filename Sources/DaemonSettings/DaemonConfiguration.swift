// SPDX-License-Identifier: Apache-2.0

package import PolicyFiles
package import VaultModel

/// What `vaultd.yaml` says. Every value is optional; what it does not say is left to flags, the environment and the
/// defaults. Durations are microseconds, sizes bytes.
package struct DaemonConfiguration: Sendable, Equatable {
    package struct Socket: Sendable, Equatable {
        package var path: Setting<String>?
        package var mode: Setting<UInt32>?
    }

    /// Where clients of s6-fdholderd connect.
    package struct S6Socket: Sendable, Equatable {
        package var path: Setting<String>?
        package var mode: Setting<UInt32>?
        /// What names begin with that stand for identifiers.
        package var prefix: Setting<String>?
    }

    /// Where services store descriptors as they do with their service manager.
    package struct NotifySocket: Sendable, Equatable {
        package var path: Setting<String>
        package var prefix: Setting<StoreNames>
        package var mode: Setting<UInt32>?
    }

    /// Where service managers read credentials for their units.
    package struct CredentialsSocket: Sendable, Equatable {
        package var path: Setting<String>?
        package var mode: Setting<UInt32>?
        package var names: Setting<CredentialNames>?
    }

    /// Where numbers are collected over HTTP.
    package enum MetricsSocket: Sendable, Equatable, CustomStringConvertible {
        case path(String, mode: UInt32)
        case port(LoopbackAddress)

        package var description: String {
            switch self {
            case .path(let path, _): path
            case .port(let address): address.text
            }
        }
    }

    package struct Opener: Sendable, Equatable {
        package var roots: Setting<[String]>?
        package var timeoutUSec: Setting<Int64>?
        package var workers: Setting<Int>?
        /// The programs that may be run as helpers.
        package var helpers: Setting<[String]>?
        /// The user under whom they run.
        package var helperUser: Setting<String>?
    }

    package struct Limits: Sendable, Equatable {
        package var connections: Setting<Int>?
        package var connectionsPerUID: Setting<Int>?
        package var messageBytes: Setting<Int>?
        /// How long a connection may say nothing; 0: for ever.
        package var idleUSec: Setting<Int64>?
        /// How long a message may stay half sent.
        package var halfMessageUSec: Setting<Int64>?
        /// Records of permitted calls in a second.
        package var recordsPerUID: Setting<Int>?
        package var depositsPerUID: Setting<Int>?
        package var leasesPerUID: Setting<Int>?
        package var holders: Setting<Int>?
    }

    package struct Audit: Sendable, Equatable {
        package enum Durability: String, Sendable {
            /// Nothing is answered before it is on the disk. There is no other.
            case full
        }

        /// A fact about a caller that records can tell, by its name in this file.
        package enum Fact: String, CaseIterable, Sendable {
            case exe, sha256, session, namespace
            // Recorded in any case.
            case label, unit, cgroup, loginuid
        }

        package var durability: Setting<Durability>?
        /// What is recorded of every caller, whether or not a rule asks for it.
        package var facts: Setting<[Fact]>?
        package var checkpointRecords: Setting<Int>?
        package var checkpointEveryUSec: Setting<Int64>?
        package var origin: Setting<String>?
    }

    package struct Log: Sendable, Equatable {
        /// The levels of swift-log.
        package enum Level: String, CaseIterable, Sendable {
            case trace, debug, info, notice, warning, error, critical
        }

        package enum Format: String, CaseIterable, Sendable {
            case text, json
        }

        package var level: Setting<Level>?
        package var format: Setting<Format>?
    }

    package var socket = Socket()
    package var s6Socket = S6Socket()
    package var notifySocket: NotifySocket?
    package var credentialsSocket = CredentialsSocket()
    package var metricsSocket: Setting<MetricsSocket>?
    package var state: Setting<String>?
    package var policies: Setting<String>?
    package var runAs: Setting<String>?
    package var opener = Opener()
    package var limits = Limits()
    package var audit = Audit()
    package var log = Log()

    /// Says nothing.
    package init() {}
}

/// A value of a configuration file, with the place where it was written.
package struct Setting<Value: Sendable & Equatable>: Sendable, Equatable {
    package var value: Value
    package var place: Place

    package init(_ value: Value, place: Place) {
        self.value = value
        self.place = place
    }
}

extension OpenerPlaces {
    /// What `vaultd.yaml` says; what it does not say is the default of the system's daemon.
    package init(_ configuration: DaemonConfiguration, state: String, socket: String) {
        func origin<Value>(_ setting: Setting<Value>?) -> String {
            setting.map { "\($0.place.path):\($0.place.line)" } ?? "default"
        }
        self.init(
            roots: configuration.opener.roots?.value ?? ["/"], rootsOrigin: origin(configuration.opener.roots),
            helpers: configuration.opener.helpers?.value ?? [], helpersOrigin: origin(configuration.opener.helpers),
            protectedPaths: [configuration.state?.value ?? state, configuration.socket.path?.value ?? socket]
                + [configuration.s6Socket.path, configuration.credentialsSocket.path].compactMap { $0?.value })
    }
}

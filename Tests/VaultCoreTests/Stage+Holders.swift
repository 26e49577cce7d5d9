// SPDX-License-Identifier: Apache-2.0

@testable import VaultCore

extension Stage: HolderPort {
    private final class Watch: HolderWatch {
        let stage: Stage
        let key: HolderKey
        init(_ stage: Stage, _ key: HolderKey) {
            self.stage = stage
            self.key = key
        }
        func end() { stage.watched.remove(key) }
    }

    func watch(_ caller: Caller, _ key: HolderKey) -> (any HolderWatch)? { canWatch ? watch(key) : nil }

    func watch(_ key: HolderKey) -> (any HolderWatch)? {
        guard !ended.contains(key) else { return nil }
        watched.insert(key)
        return Watch(self, key)
    }
}

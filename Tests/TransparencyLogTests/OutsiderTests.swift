// SPDX-License-Identifier: Apache-2.0

import Testing
import TransparencyLog
import VaultTestKit

/// Whether the programs of others are here to be asked.
@Sendable private func hasOutsiders() async -> Bool {
    let result = try? await outsider(["-c", "import pymerkle, cryptography"]).run()
    return result?.status == .exited(0)
}

/// The Python that was prepared for it, else the system's.
@Sendable private func outsider(_ arguments: [String]) -> Command {
    guard let python = Programs.preparedPython else { return Command("python3", arguments: arguments) }
    return Command(python, arguments: arguments)
}

@Suite struct OutsiderTests {
    /// Reads lines: the key, then for each tree its size, and receipts of its leaves; prints what it could check.
    private static let script = """
        import base64, sys
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from pymerkle import InmemoryTree

        key, *receipts = sys.stdin.read().split("\\x00")
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.split("+", 2)[2])[1:])
        tree = InmemoryTree(algorithm="sha256")
        checked = 0
        for receipt in receipts:
            head, note = receipt.split("\\n\\n", 1)
            lines = head.split("\\n")
            index = int(lines[1].removeprefix("index "))
            body, signatures = note.split("\\n\\n", 1)
            origin, size, root = body.split("\\n")
            signature = base64.b64decode(signatures.split(" ")[2])[4:]
            public.verify(signature, (body + "\\n").encode())
            while tree.get_size() < int(size):
                tree.append_entry(f"record {tree.get_size()}".encode())
            assert tree.get_root(int(size)) == base64.b64decode(root), f"root of {size}"
            path = tree.prove_inclusion(index + 1, int(size)).path[1:]
            assert path == [base64.b64decode(line) for line in lines[2:]], f"path of {index} in {size}"
            checked += 1
        print(checked)
        """

    @Test(
        "pymerkle finds the same roots and paths, and cryptography accepts the signatures",
        .enabled("python3 with pymerkle and cryptography is not installed", hasOutsiders))
    func outsiders() async throws {
        let signer = try NoteSigner(name: "vault.example/audit")
        var store = TileStore()
        var messages = [signer.key.description]
        var generator = Seed().generator
        for size in [1, 2, 3, 7, 8, 255, 256, 257, 1000] {
            while store.tree.size < size { store.append(TestTree.leafHash(Int(store.tree.size))) }
            var reader = store.reader
            let checkpoint = Checkpoint(origin: "vault.example/audit", size: UInt64(size), root: store.tree.root)
            let note = try checkpoint.signed(by: signer)
            for _ in 0..<5 {
                let index = UInt64.random(in: 0..<UInt64(size), using: &generator)
                let proof = InclusionProof(index: index, size: UInt64(size), tiles: &reader)
                messages.append(LogProof(index: index, path: proof.path, checkpoint: note).text)
            }
        }
        var command = outsider(["-W", "ignore", "-c", Self.script])
        command.input = Array(messages.joined(separator: "\0").utf8)
        let result = try await command.run()
        #expect(result.errorText == "")
        #expect(result.text == "45\n")
    }
}

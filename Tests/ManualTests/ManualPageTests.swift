// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import vault_manual

@Suite struct ManualPageTests {
    static let description = """
        {"serializationVersion": 0, "command": {
          "commandName": "vault", "abstract": "Ask the vault.", "shouldDisplay": true,
          "discussion": "Exit codes:\\n\\n  0  done\\n  1  denied\\n\\nA second 'paragraph'.\\n.starts with a dot",
          "subcommands": [
            {"commandName": "cat", "abstract": "Copy to standard output.", "shouldDisplay": true, "arguments": [
              {"kind": "positional", "valueName": "name", "isOptional": false, "isRepeating": true,
               "shouldDisplay": true, "abstract": "What to copy."},
              {"kind": "option", "names": [{"kind": "short", "name": "s"}, {"kind": "long", "name": "socket"}],
               "valueName": "path", "isOptional": true, "isRepeating": false, "shouldDisplay": true,
               "defaultValue": "/run/x", "abstract": "The broker's socket."},
              {"kind": "flag", "names": [{"kind": "long", "name": "secret"}], "isOptional": true,
               "isRepeating": false, "shouldDisplay": false}]},
            {"commandName": "policy", "abstract": "Policies…", "shouldDisplay": true, "subcommands": [
              {"commandName": "check", "abstract": "Check files.", "shouldDisplay": true}]},
            {"commandName": "help", "shouldDisplay": true}]}}
        """

    let pages: [ManualPage]

    init() throws {
        let tool = try JSONDecoder().decode(ToolDescription.self, from: Data(Self.description.utf8))
        pages = ManualPage.pages(of: tool, section: 1)
    }

    @Test("There is a page for the tool and for each verb, and none for help")
    func pageForEachVerb() {
        #expect(pages.map(\.fileName) == ["vault.1", "vault-cat.1", "vault-policy.1"])
    }

    @Test("A verb's page has its summary, its synopsis, and every option that --help shows")
    func verbPage() {
        let text = pages[1].text
        #expect(text.contains("vault\\-cat \\- copy to standard output\n"))
        #expect(text.contains("\\fBvault cat\\fR\n\\fIname\\fR ...\n[\\fB\\-\\-socket\\fR \\fIpath\\fR]\n"))
        #expect(
            text.contains(
                "\\fB\\-s\\fR, \\fB\\-\\-socket\\fR \\fIpath\\fR\nThe broker\\(aqs socket.\nDefault: /run/x.\n"))
        #expect(!text.contains("secret"))
        #expect(text.contains("\\fBvault\\fR(1)"))
    }

    @Test("What a verb has below itself is on the verb's page")
    func nestedVerbs() {
        #expect(pages[2].text.contains("policies\\[u2026]\n"))
        #expect(pages[2].text.contains(".SH \"VAULT POLICY CHECK\"\n\\fBvault policy check\\fR\n"))
    }

    @Test("Indented lines of a discussion stay as they are, and nothing in it is taken for a macro")
    func discussion() {
        let text = pages[0].text
        #expect(text.contains(".PP\nExit codes:\n.PP\n.RS 2\n.nf\n0  done\n1  denied\n.fi\n.RE\n.PP\nA second"))
        #expect(text.contains("\\(aqparagraph\\(aq.\n\\&.starts with a dot\n"))
    }
}

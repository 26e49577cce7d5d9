// SPDX-License-Identifier: Apache-2.0

import JSONText
import Varlink
import VaultCore
import VaultInterface
import VaultModel

/// A call that is being served: where its answer goes, and who calls.
package struct CallContext {
    let answer: Answer
    let session: Session
}

/// Which method is served by what: here the methods of `io.vaultd.Broker`, each with an order of its own, and what serves
/// the others. A method that an interface declares and nothing serves does not compile.
extension Broker: BrokerService {
    func dispatch(
        _ call: borrowing VarlinkCall, _ answer: Answer, _ session: Session
    ) throws(VarlinkError) {
        // A grant that nobody hears of is of no use: `oneway` does nothing here.
        if call.isOneway, call.method == BrokerInterface.Open.method { return answer.reply(EmptyMessage()) }
        let context = CallContext(answer: answer, session: session)
        if try BrokerInterface.dispatch(call, to: self, in: context) { return }
        if try AdminInterface.dispatch(call, to: self, in: context) { return }
        if try AuditInterface.dispatch(call, to: self, in: context) { return }
        guard let message = service.answer(call) else { throw .methodNotImplemented(call.method) }
        answer.give(message)
    }

    package func open(_ parameters: BrokerInterface.Open.Parameters, in context: CallContext) {
        open(parameters, context.answer, context.session)
    }

    package func list(
        _ parameters: BrokerInterface.List.Parameters, in context: CallContext
    ) throws(VarlinkError) {
        try list(parameters, context.answer, context.session)
    }

    package func describe(
        _ parameters: BrokerInterface.Describe.Parameters, in context: CallContext
    ) throws(VarlinkError) {
        try describe(parameters, context.answer, context.session)
    }

    package func remove(_ parameters: BrokerInterface.Remove.Parameters, in context: CallContext) {
        remove(parameters, context.answer, context.session)
    }

    package func renew(_ parameters: BrokerInterface.Renew.Parameters, in context: CallContext) {
        renew(parameters, context.answer, context.session)
    }

    package func release(_ parameters: BrokerInterface.Release.Parameters, in context: CallContext) {
        release(parameters, context.answer, context.session)
    }

    package func whoAmI(_ parameters: BrokerInterface.WhoAmI.Parameters, in context: CallContext) {
        whoAmI(context.answer, context.session)
    }

    // MARK: - Methods that need permissions

    /// Serves a method that needs permissions: these, then the work, which may wait for others.
    func serve<Method: InterfaceMethod>(
        _ method: Method.Type, _ parameters: Method.Parameters, _ context: CallContext, needs actions: Action...,
        by work: @escaping (Method.Parameters, Session) async throws(VarlinkError) -> Method.Reply
    ) {
        serve(method, parameters, context, actions) { parameters, _, session throws(VarlinkError) in
            try await work(parameters, session)
        }
    }

    /// The same for a method that answers in several parts, of which what `work` returns is the last.
    func serve<Method: InterfaceMethod>(
        _ method: Method.Type, _ parameters: Method.Parameters, _ context: CallContext, needs actions: Action...,
        by work: @escaping (Method.Parameters, Answer, Session) async throws(VarlinkError) -> Method.Reply
    ) {
        serve(method, parameters, context, actions, work)
    }

    private func serve<Method: InterfaceMethod>(
        _ method: Method.Type, _ parameters: Method.Parameters, _ context: CallContext, _ actions: [Action],
        _ work: @escaping (Method.Parameters, Answer, Session) async throws(VarlinkError) -> Method.Reply
    ) {
        let (answer, session) = (context.answer, context.session)
        // Who is not permitted has been answered then, and it is recorded.
        guard actions.allSatisfy({ permits($0, answer, session) }) else { return }
        let isAct = Self.acts.contains(Method.method)
        Task {
            if isAct { await account(for: session) }
            await settle(answer) { () throws(VarlinkError) in try await work(parameters, answer, session) }
        }
    }

    /// The methods that change the vault, and whose records tell everything about who called. What takes authority away
    /// (`Revoke`, `RemoveCapability`) sees to that itself, when it is in force.
    private static let acts: Set<String> = [
        AdminInterface.Grant.method, AdminInterface.Resume.method, AdminInterface.ApplyPolicy.method,
        AdminInterface.Reload.method, AdminInterface.AddCapability.method, AdminInterface.AcceptClock.method,
        AuditInterface.Prune.method, AuditInterface.AddCosignature.method,
    ]

    private func settle(_ answer: Answer, _ work: () async throws(VarlinkError) -> some JSONWritable) async {
        do throws(VarlinkError) {
            answer.reply(try await work())
        } catch {
            answer.refuse(error)
        }
    }
}

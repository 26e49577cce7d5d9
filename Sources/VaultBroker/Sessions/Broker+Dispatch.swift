// SPDX-License-Identifier: Apache-2.0

import Descriptors
import JSONText
import Varlink
import VaultCore
import VaultInterface
import VaultModel

/// A call that is being served: where its answer goes, and who calls.
package struct CallContext {
    let answer: Answer
    let session: Session
    /// What came with the message.
    var passed: [HeldDescriptor] = []
}

/// Which method is served by what: here the methods of `io.vaultd.Broker`, each with an order of its own, and what serves
/// the others. A method that an interface declares and nothing serves does not compile.
extension Broker: BrokerService {
    func dispatch(
        _ call: borrowing VarlinkCall, _ passed: [HeldDescriptor], _ answer: Answer, _ session: Session
    ) throws(VarlinkError) {
        let asked = session.asksAgain(call)
        // A grant, or an answer, that nobody hears of is of no use: `oneway` does nothing here.
        guard !call.isOneway || Self.acts.contains(call.method) else { return }
        if let asked { return core.open(asked, reason: nil, session.caller, answer) }
        // Whoever sends descriptors with anything else believes that they are kept.
        guard passed.isEmpty || call.method == BrokerInterface.Deposit.method else {
            throw .invalidParameter("fileDescriptor")
        }
        let context = CallContext(answer: answer, session: session, passed: passed)
        if try BrokerInterface.dispatch(call, to: self, in: context) { return }
        if try AdminInterface.dispatch(call, to: self, in: context) { return }
        if try AuditInterface.dispatch(call, to: self, in: context) { return }
        if try MetricsInterface.dispatch(call, to: self, in: context) { return }
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

    package func canI(
        _ parameters: BrokerInterface.CanI.Parameters, in context: CallContext
    ) throws(VarlinkError) {
        context.answer.reply(try canI(parameters, context.session))
    }

    package func remove(_ parameters: BrokerInterface.Remove.Parameters, in context: CallContext) {
        remove(parameters, context.answer, context.session)
    }

    package func deposit(
        _ parameters: BrokerInterface.Deposit.Parameters, in context: CallContext
    ) throws(VarlinkError) {
        try deposit(parameters, context.passed, context.answer, context.session)
    }

    package func watch(_ parameters: BrokerInterface.Watch.Parameters, in context: CallContext) {
        guard mayWatch(parameters, context.answer, context.session) else { return }
        serve(BrokerInterface.Watch.self, parameters, context) {
            broker, parameters, answer, session throws(VarlinkError) in
            try await broker.watch(parameters, answer, session)
        }
    }

    package func confirm(_ parameters: BrokerInterface.Confirm.Parameters, in context: CallContext) {
        confirm(parameters, context.answer, context.session)
    }

    package func received(
        _ parameters: BrokerInterface.Received.Parameters, in context: CallContext
    ) throws(VarlinkError) {
        try received(parameters, context.answer, context.session)
    }

    package func renew(_ parameters: BrokerInterface.Renew.Parameters, in context: CallContext) {
        renew(parameters, context.answer, context.session)
    }

    package func renewCapability(_ parameters: BrokerInterface.RenewCapability.Parameters, in context: CallContext) {
        renewCapability(parameters, context.answer, context.session)
    }

    package func release(_ parameters: BrokerInterface.Release.Parameters, in context: CallContext) {
        release(parameters, context.answer, context.session)
    }

    package func whoAmI(_ parameters: BrokerInterface.WhoAmI.Parameters, in context: CallContext) {
        whoAmI(context.answer, context.session)
    }

    // MARK: - Methods that need permissions

    /// Does what a method is for, in the turn in which it is called until it waits for others itself.
    typealias Work<Method: InterfaceMethod> =
        @Sendable (isolated Broker, Method.Parameters, Answer, Session) async throws(VarlinkError) -> Method.Reply

    /// The same where what it finds may be long, and is written where it is found.
    typealias WrittenWork<Method: InterfaceMethod> =
        @Sendable (isolated Broker, Method.Parameters, Session) async throws(VarlinkError) -> WrittenReply<Method>

    private typealias MakingWork<Method: InterfaceMethod> =
        @Sendable (isolated Broker, Method.Parameters, Answer, Session) async throws(VarlinkError) -> Made<Method>

    /// What a work has made.
    private enum Made<Method: InterfaceMethod> {
        case reply(Method.Reply)
        case written(WrittenReply<Method>)

        /// Whether more memory was taken for it than usual.
        var isLong: Bool {
            if case .written(let reply) = self { reply.message.count > 256 << 10 } else { false }
        }

        func give(_ answer: Answer) {
            switch self {
            case .reply(let reply): answer.reply(reply)
            case .written(let reply): answer.reply(reply)
            }
        }
    }

    /// Serves a method that needs permissions: these, then the work, which may wait for others.
    func serve<Method: InterfaceMethod & SendableMetatype>(
        _ method: Method.Type, _ parameters: Method.Parameters, _ context: CallContext, needs actions: Action...,
        by work:
            @escaping @Sendable (isolated Broker, Method.Parameters, Session) async throws(VarlinkError) ->
            Method.Reply
    ) {
        serve(method, parameters, context, actions) {
            broker, parameters, _, session throws(VarlinkError) in
            .reply(try await work(broker, parameters, session))
        }
    }

    /// The same for a method whose reply may be long.
    func serve<Method: InterfaceMethod & SendableMetatype>(
        _ method: Method.Type, _ parameters: Method.Parameters, _ context: CallContext, needs actions: Action...,
        writing work: @escaping WrittenWork<Method>
    ) {
        serve(method, parameters, context, actions) {
            broker, parameters, _, session throws(VarlinkError) in
            .written(try await work(broker, parameters, session))
        }
    }

    /// The same for a method that answers in several parts, of which what `work` returns is the last.
    func serve<Method: InterfaceMethod & SendableMetatype>(
        _ method: Method.Type, _ parameters: Method.Parameters, _ context: CallContext, needs actions: Action...,
        by work: @escaping Work<Method>
    ) {
        serve(method, parameters, context, actions) {
            broker, parameters, answer, session throws(VarlinkError) in
            .reply(try await work(broker, parameters, answer, session))
        }
    }

    /// The same for one whose parts are written where they are found.
    func serve<Method: InterfaceMethod & SendableMetatype>(
        _ method: Method.Type, _ parameters: Method.Parameters, _ context: CallContext, needs actions: Action...,
        writingParts work:
            @escaping @Sendable (isolated Broker, Method.Parameters, Answer, Session) async throws(VarlinkError) ->
            WrittenReply<Method>
    ) {
        serve(method, parameters, context, actions) {
            broker, parameters, answer, session throws(VarlinkError) in
            .written(try await work(broker, parameters, answer, session))
        }
    }

    private func serve<Method: InterfaceMethod & SendableMetatype>(
        _ method: Method.Type, _ parameters: Method.Parameters, _ context: CallContext, _ actions: [Action],
        _ work: @escaping MakingWork<Method>
    ) {
        let (answer, session) = (context.answer, context.session)
        // Who is not permitted has been answered then, and it is recorded.
        guard actions.allSatisfy({ permits($0, answer, session) }) else { return }
        let isAct = Self.acts.contains(Method.method)
        let isAccounted = Self.accountedActs.contains(Method.method)
        Task {
            do throws(VarlinkError) {
                if isAccounted { await account(for: session) }
                // Others have had their turns since the call came, the revocation of its right among them.
                try await stillPermits(actions, session)
                let made = try await work(self, parameters, answer, session)
                // What was done is told to who had it done; what was found, to who may still know it.
                if !isAct { try await stillPermits(actions, session) }
                made.give(answer)
                if made.isLong { giveBackSoon() }
            } catch {
                answer.refuse(error)
            }
        }
    }

    /// The methods that change the vault, and whose records tell everything about who called.
    private static let accountedActs: Set<String> = [
        AdminInterface.Grant.method, AdminInterface.Resume.method, AdminInterface.ApplyPolicy.method,
        AdminInterface.Reload.method, AdminInterface.AddCapability.method, AdminInterface.AcceptClock.method,
        AuditInterface.Prune.method, AuditInterface.AddCosignature.method,
    ]

    /// The methods that do something besides answering. What takes authority away does not wait until everything was read
    /// of who called.
    static let acts = accountedActs.union([
        AdminInterface.Revoke.method, AdminInterface.RemoveCapability.method, BrokerInterface.Remove.method,
        BrokerInterface.Renew.method, BrokerInterface.Release.method, BrokerInterface.RenewCapability.method,
        BrokerInterface.Deposit.method, BrokerInterface.Confirm.method, BrokerInterface.Received.method,
    ])
}

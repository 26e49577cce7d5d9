// SPDX-License-Identifier: Apache-2.0

extension ServiceDescription {
    /// The text of `org.varlink.service`, which the protocol fixes.
    public static let ownInterface = """
        # What every Varlink service answers about itself.
        interface org.varlink.service

        # The service, and the names of its interfaces.
        method GetInfo() -> (
          # Who made it.
          vendor: string,
          # What it is called.
          product: string,
          # Which version it is.
          version: string,
          # Where more is to be read.
          url: string,
          # The names of its interfaces, this one among them.
          interfaces: []string
        )

        # The text of an interface file.
        method GetInterfaceDescription(
          # The name of the interface.
          interface: string
        ) -> (
          # The text.
          description: string
        )

        # There is no such interface.
        error InterfaceNotFound (
          # The name that was given.
          interface: string
        )

        # The interface has no such method.
        error MethodNotFound (
          # The full name that was given.
          method: string
        )

        # The interface has the method, and this service does not do it.
        error MethodNotImplemented (
          # The full name that was given.
          method: string
        )

        # A parameter is missing, is not known, or has a wrong value.
        error InvalidParameter (
          # The path to the parameter, such as requests[1].name.
          parameter: string
        )

        # The caller may not call the method.
        error PermissionDenied ()

        # The method answers only calls that take several replies.
        error ExpectedMore ()

        """
}

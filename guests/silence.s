// Does nothing, for ever, without ever leaving the guest.

    b       .

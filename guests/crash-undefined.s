// Executes an instruction that does not exist.

    udf     #0x123

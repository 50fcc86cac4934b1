/** Nothing: what Deno itself takes to start and to end. */

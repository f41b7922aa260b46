// The unit that a header is included into when it is checked alone.

//! A way to the server that can be spoiled: cut, swallowed, or deaf to streams.

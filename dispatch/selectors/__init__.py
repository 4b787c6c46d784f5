"""Questions about dispatches, and what pages and sockets show of them."""

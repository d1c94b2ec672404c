"""The sample world of `outcry demo`: people, goods, pictures, and bots that bid through the public API."""

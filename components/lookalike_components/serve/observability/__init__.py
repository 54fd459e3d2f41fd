"""What a server tells about its work: metrics for Prometheus, log lines with request ids, traces where they are wanted.

``requests.observed`` puts all three around an ASGI application, ``requests.ObservedCalls`` around gRPC.
"""

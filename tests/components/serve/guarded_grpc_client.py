"""tritonclient's gRPC client with a token and a certificate's authority, for a process of its own."""

import numpy as np


def infer(address, pictures, token="", authority=""):
    """The embeddings of encoded files, or the error's status and message."""
    import tritonclient.grpc as triton

    tensor = triton.InferInput("image", [len(pictures)], "BYTES")
    tensor.set_data_from_numpy(np.array(pictures, dtype=object))
    headers = {"authorization": f"Bearer {token}"} if token else None
    secure = {"ssl": True, "root_certificates": authority} if authority else {}
    with triton.InferenceServerClient(address, **secure) as client:
        try:
            return client.infer("encoder", [tensor], headers=headers, client_timeout=20).as_numpy("embedding")
        except triton.InferenceServerException as error:
            return error.status(), error.message()


def is_ready(address, authority=""):
    """What a probe asks, which has no token."""
    import tritonclient.grpc as triton

    secure = {"ssl": True, "root_certificates": authority} if authority else {}
    with triton.InferenceServerClient(address, **secure) as client:
        return client.is_server_live(), client.is_server_ready(), client.is_model_ready("search")

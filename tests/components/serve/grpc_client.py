"""tritonclient's gRPC client, for a process of its own.

Its protobuf messages and KServe's bear the same names, and one process cannot load both.
"""

import numpy as np


def infer(address, model, tensors, parameters=None):
    """Asks; ``tensors`` are (name, datatype, array).

    Returns:
        The outputs by name and the parameters of the answer, or the error's status and message.
    """
    import tritonclient.grpc as triton

    inputs = [_tensor(triton.InferInput(name, array.shape, datatype), array) for name, datatype, array in tensors]
    with triton.InferenceServerClient(address) as client:
        try:
            answer = client.infer(model, inputs, parameters=parameters)
        except triton.InferenceServerException as error:
            return error.status(), error.message()
    response = answer.get_response()
    outputs = {output.name: answer.as_numpy(output.name) for output in response.outputs}
    return outputs, {name: value.string_param for name, value in response.parameters.items()}


def files(pictures):
    """Encoded files as one input."""
    return "image", "BYTES", np.array(pictures, dtype=object)


def metadata(address, model):
    """Datatypes of the model's outputs by name, and whether it is ready."""
    import tritonclient.grpc as triton

    with triton.InferenceServerClient(address) as client:
        outputs = client.get_model_metadata(model).outputs
        return {output.name: output.datatype for output in outputs}, client.is_model_ready(model)


def _tensor(tensor, array):
    tensor.set_data_from_numpy(array)
    return tensor

"""tritonclient's gRPC client, for a process of its own.

Its protobuf messages and KServe's bear the same names, and one process cannot load both.
"""

import numpy as np


def infer(address, model, tensors, parameters=None, timeout=None):
    """Asks; ``tensors`` are (name, datatype, array), and ``timeout`` the microseconds that are granted.

    Returns:
        The outputs by name and the parameters of the answer, or the error's status and message.
    """
    import tritonclient.grpc as triton

    inputs = [_tensor(triton.InferInput(name, array.shape, datatype), array) for name, datatype, array in tensors]
    with triton.InferenceServerClient(address) as client:
        try:
            answer = client.infer(model, inputs, parameters=parameters, timeout=timeout)
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


def trailing_metadata(address, model, pictures, metadata):
    """Asks for the embeddings of encoded files with metadata, and gives what comes behind the answer.

    tritonclient's own call does not show it.
    """
    import grpc
    from tritonclient.grpc import service_pb2, service_pb2_grpc

    tensor = service_pb2.ModelInferRequest.InferInputTensor(name="image", datatype="BYTES", shape=[len(pictures)])
    tensor.contents.bytes_contents.extend(pictures)
    request = service_pb2.ModelInferRequest(model_name=model, inputs=[tensor])
    with grpc.insecure_channel(address) as channel:
        method = service_pb2_grpc.GRPCInferenceServiceStub(channel).ModelInfer
        _, call = method.with_call(request, metadata=tuple(metadata.items()))
        return dict(call.trailing_metadata())


def server_facts(address):
    """What the server says of itself."""
    import tritonclient.grpc as triton

    with triton.InferenceServerClient(address) as client:
        about = client.get_server_metadata()
        live, ready = client.is_server_live(), client.is_server_ready()
    return {"name": about.name, "version": about.version, "live": live, "ready": ready}


def metadata_refusal(address, model):
    """Why a model has no metadata: status and message."""
    import tritonclient.grpc as triton

    with triton.InferenceServerClient(address) as client:
        try:
            return client.get_model_metadata(model)
        except triton.InferenceServerException as error:
            return error.status(), error.message()


def answered_id(address, model, tensors, request_id):
    """The id in the answer to a request that has one."""
    import tritonclient.grpc as triton

    inputs = [_tensor(triton.InferInput(name, array.shape, datatype), array) for name, datatype, array in tensors]
    with triton.InferenceServerClient(address) as client:
        return client.infer(model, inputs, request_id=request_id).get_response().id


def embeddings(address, array, datatype, raw):
    """The embeddings of images, sent as raw or as typed contents, as an array."""
    from tritonclient.grpc import service_pb2
    from tritonclient.utils import serialize_byte_tensor

    tensor = service_pb2.ModelInferRequest.InferInputTensor(name="image", datatype=datatype, shape=array.shape)
    request = service_pb2.ModelInferRequest(model_name="encoder", inputs=[tensor])
    if raw:
        data = serialize_byte_tensor(array).item() if datatype == "BYTES" else array.tobytes()
        request.raw_input_contents.append(data)
    else:
        typed = {"BYTES": "bytes_contents", "UINT8": "uint_contents"}[datatype]
        getattr(request.inputs[0].contents, typed).extend(array.ravel().tolist())
    answer = _call(address, request.SerializeToString(), service_pb2.ModelInferResponse.FromString)
    data = answer.raw_output_contents[0] if answer.raw_output_contents else b""
    values = np.frombuffer(data, np.float32) if data else np.array(answer.outputs[0].contents.fp32_contents, np.float32)
    return values.reshape(tuple(answer.outputs[0].shape))


def send_bytes(address, message):
    """Sends bytes that may be no message; the status and message of the error."""
    import grpc

    try:
        return _call(address, message, bytes)
    except grpc.RpcError as error:
        return str(error.code()), error.details()


def _call(address, message, read):
    import grpc

    with grpc.insecure_channel(address) as channel:
        return channel.unary_unary("/inference.GRPCInferenceService/ModelInfer", bytes, read)(message)


def infer_typed(address, model, tensor, shape=None):
    """Asks with typed contents, of a shape that may be another than theirs; the status and message of the error."""
    from tritonclient.grpc import service_pb2

    name, datatype, array = tensor
    message = service_pb2.ModelInferRequest.InferInputTensor(name=name, datatype=datatype, shape=shape or array.shape)
    typed = {"FP32": "fp32_contents", "UINT8": "uint_contents"}[datatype]
    getattr(message.contents, typed).extend(array.ravel().tolist())
    request = service_pb2.ModelInferRequest(model_name=model, inputs=[message])
    return send_bytes(address, request.SerializeToString())

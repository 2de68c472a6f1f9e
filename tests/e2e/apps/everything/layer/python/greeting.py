TEXT = "hello from the layer"

"""Does G_θ predict the test error? Many small networks, and the rule of the answer."""

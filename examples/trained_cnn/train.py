"""Plain PyTorch, as anybody's own script: it writes model.pt and split.npz.

Run it in this folder, before the study.
"""

import numpy as np
import torch
from cnn import build
from digits import generate

x, y = generate()
order = np.random.default_rng(0).permutation(len(y))
train, test = order[:300], order[300:]
np.savez("split.npz", train=train, test=test)

torch.manual_seed(0)
network = build()
optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)
samples, labels = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
for _ in range(20):
    for batch in torch.tensor(train)[torch.randperm(len(train))].split(32):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(samples[batch]), labels[batch]).backward()
        optimizer.step()
torch.save(network.state_dict(), "model.pt")

"""docs/abacus.md, in Python."""
import torch
from abacus import Abacus, digit_places

ids = torch.tensor([[5, 6, 14, 7, 8, 9, 17]])  # 12+345= where digits have the ids 4 to 13
words = torch.nn.Embedding(19, 64)
places = Abacus(digits=range(4, 14), width=64)
vectors = words(ids) + places(ids)  # in training, with a random offset
places.eval()  # without one from here on
print(digit_places(ids, places.digits), vectors.shape)

"""Vision transformers of a few thousand weights, laid out as the field's are."""

import torch
from torch import Tensor, nn

WIDTH = 12


class Attention(nn.Module):
    """Self-attention of two heads, its softmax and dropout as modules of their own."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.softmax = nn.Softmax(dim=-1)
        self.drop = nn.Dropout(0.0)
        self.project = nn.Linear(WIDTH, WIDTH)

    def forward(self, tokens: Tensor) -> Tensor:
        heads = self.qkv(tokens).unflatten(2, (3, 2, WIDTH // 2))
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        attention = self.drop(self.softmax(query @ key.transpose(2, 3)))
        return self.project((attention @ value).transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.attention = Attention()
        self.norm2 = nn.LayerNorm(WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH))

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.attention(self.norm1(tokens))
        return tokens + self.mlp(self.norm2(tokens))


class Patches(nn.Module):
    """Patches as tokens, by a convolution or by hand."""

    def __init__(self, patch: int, *, by_convolution: bool):
        super().__init__()
        self.patch = patch
        if by_convolution:
            self.convolution = nn.Conv2d(3, WIDTH, patch, patch)
        else:
            self.linear = nn.Linear(3 * patch * patch, WIDTH)

    def forward(self, images: Tensor) -> Tensor:
        if hasattr(self, "convolution"):
            return self.convolution(images).flatten(2).transpose(1, 2)
        patches = nn.functional.unfold(images, self.patch, stride=self.patch)
        return self.linear(patches.transpose(1, 2))


class VisionTransformer(nn.Module):
    """Three blocks. The head reads the first token, or the mean where there is no first token."""

    def __init__(self, *, prefix: int, patch: int = 4, by_convolution: bool = True):
        super().__init__()
        self.patches = Patches(patch, by_convolution=by_convolution)
        self.prefix = nn.Parameter(torch.linspace(-1, 1, prefix * WIDTH).view(1, prefix, WIDTH))
        self.blocks = nn.Sequential(Block(), Block(), Block())
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, 4)

    def forward(self, images: Tensor) -> Tensor:
        tokens = self.patches(images)
        tokens = torch.cat([self.prefix.expand(len(tokens), -1, -1), tokens], 1)
        tokens = self.norm(self.blocks(tokens))
        return self.head(tokens[:, 0] if self.prefix.shape[1] else tokens.mean(1))


class Merging(nn.Module):
    """Joins two by two places into one."""

    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(4 * WIDTH)
        self.reduction = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, places: Tensor) -> Tensor:
        batch, height, width, _ = places.shape
        places = places.view(batch, height // 2, 2, width // 2, 2, WIDTH).transpose(2, 3)
        return self.reduction(self.norm(places.flatten(3)))


class Windowed(nn.Module):
    """A block on places whose channels come last; its one window is the whole grid."""

    def __init__(self):
        super().__init__()
        self.block = Block()

    def forward(self, places: Tensor) -> Tensor:
        return self.block(places.flatten(1, 2)).unflatten(1, places.shape[1:3])


class Hierarchical(nn.Module):
    """Swin's layout: (batch, height, width, channel) from the patches on, merged once."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, WIDTH, 4, 4)
        self.first = Windowed()
        self.merging = Merging()
        self.second = Windowed()
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, 4)

    def forward(self, images: Tensor) -> Tensor:
        places = self.patches(images).permute(0, 2, 3, 1)
        places = self.second(self.merging(self.first(places)))
        return self.head(self.norm(places).mean((1, 2)))


def seeded(network: nn.Module) -> nn.Module:
    """Return the network in float64 and eval mode, its weights from fixed numbers."""
    generator = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        drawn = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        parameter.data = drawn * 0.4 + (parameter.ndim == 1) * 0.5
    return network.double().eval()

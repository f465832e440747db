//! The model file: one safetensors file with the weights, and all else as JSON in its metadata. Nothing in it is code.
//!
//! The metadata has one key, `oddflow`: a JSON object of `version`, `id` and `content`. (One key, since safetensors writes
//! several in an order that changes from run to run, and the same training gives the same bytes.) Tensors:
//! `layer.N.weights` (inputs x outputs, row-major) and `layer.N.bias` for each layer from 0, both `F32`; `state` (`U8`) where
//! the recipe carries one, and what [`behaviour`](crate::behaviour) measures with. The id is the SHA-256 of the content and the tensors, so a file that was changed is found out.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use oddflow_autoencoder::Network;
use oddflow_features::Recipe;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::model::Model;
use crate::{behaviour, classic};

/// Version of the format that this program writes; it reads this and every earlier one.
pub const FORMAT_VERSION: u32 = 3;

/// The key of the metadata.
const KEY: &str = "oddflow";

/// Largest file that is read, in bytes. A model of ten thousand log files is some megabytes.
const LARGEST: u64 = 256 << 20;

/// Digits of the hash that make the id: 64 bits, plenty for the models of one owner.
const ID_DIGITS: usize = 16;

/// Why a model file can't be written or is refused.
#[derive(Debug, thiserror::Error)]
pub enum ModelFileError {
    /// It can't be read.
    #[error("the model {file} cannot be read: {source}")]
    Read {
        /// Name of the file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// It can't be written.
    #[error("the model {file} cannot be written: {source}")]
    Write {
        /// Name of the file.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// It isn't a model file.
    #[error("{file} is not a model of oddflow: {reason}")]
    NotAModel {
        /// Name of the file.
        file: String,
        /// What was found.
        reason: String,
    },
    /// It was written by a later version.
    #[error("the model {file} has format version {found}; this oddflow reads up to {FORMAT_VERSION}")]
    Newer {
        /// Name of the file.
        file: String,
        /// Its version.
        found: u32,
    },
    /// Its parts don't fit together.
    #[error("the model {file} is damaged: {reason}")]
    Damaged {
        /// Name of the file.
        file: String,
        /// What doesn't fit.
        reason: String,
    },
}

impl ModelFileError {
    /// What the user can do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Read { .. } => "Check the name, or make a model first: oddflow train LOGS -o MODEL.",
            Self::Write { .. } => {
                "Check that the folder exists, that you may write to it and that the disk has room."
            }
            Self::NotAModel { .. } => "Name the file that `oddflow train` wrote.",
            Self::Newer { .. } => "Use the newer oddflow that wrote it, or train again with this one.",
            Self::Damaged { .. } => "Copy it again from where it came, or train again.",
        }
    }
}

/// The id of a model of these parts.
pub(crate) fn id(json: &str, tensors: &[(String, Tensor<'_>)]) -> String {
    let mut hash = Sha256::new();
    hash.update(json);
    for (name, tensor) in tensors {
        hash.update(name);
        hash.update(&tensor.bytes);
    }
    let digest = hash.finalize();
    digest.iter().take(ID_DIGITS / 2).map(|byte| format!("{byte:02x}")).collect()
}

/// The weights of a network.
pub(crate) fn layers(network: &Network) -> Vec<(String, Tensor<'static>)> {
    let mut tensors = Vec::new();
    for (i, layer) in network.layers().iter().enumerate() {
        let shape = vec![layer.inputs(), layer.outputs()];
        tensors.push((format!("layer.{i}.weights"), Tensor::floats(shape, layer.weights())));
        tensors.push((format!("layer.{i}.bias"), Tensor::floats(vec![layer.outputs()], layer.bias())));
    }
    tensors
}

impl Model {
    /// Writes the model to a file, whole or not at all.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn write(&self, path: &Path) -> Result<(), ModelFileError> {
        let failed = |source| ModelFileError::Write { file: path.display().to_string(), source };
        let bytes = self.to_bytes().map_err(failed)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let write = || {
            let mut builder = tempfile::Builder::new();
            builder.prefix(".oddflow-model");
            // A temporary file is its owner's alone; a model is as readable as any file that the owner makes.
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
            let mut file = builder.tempfile_in(folder)?;
            file.write_all(&bytes)?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(failed)
    }

    /// The model as its file has it.
    ///
    /// # Errors
    /// Where its parts can't be written as such a file.
    pub fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let (json, tensors) = match self {
            Self::Classic(model) => (model.json(), model.tensors()),
            Self::Behaviour(model) => (model.json(), model.tensors()),
        };
        let header = format!(r#"{{"version":{FORMAT_VERSION},"id":"{}","content":{json}}}"#, self.id());
        let metadata = HashMap::from([(KEY.into(), header)]);
        let views = tensors
            .iter()
            .map(|(name, tensor)| {
                Ok((name, TensorView::new(tensor.kind, tensor.shape.clone(), &tensor.bytes)?))
            })
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(io::Error::other)?;
        serialize(views, Some(metadata)).map_err(io::Error::other)
    }

    /// Reads a model from a file and checks that it is whole.
    ///
    /// # Errors
    /// Where the file can't be read, isn't a model, is of a later version, or was damaged.
    pub fn read(path: &Path) -> Result<Self, ModelFileError> {
        Self::read_with_bytes(path).map(|(model, _)| model)
    }

    /// The same, and gives the file's bytes besides.
    ///
    /// # Errors
    /// As [`Model::read`].
    pub fn read_with_bytes(path: &Path) -> Result<(Self, Vec<u8>), ModelFileError> {
        let file = path.display().to_string();
        let read = || {
            let file = fs::File::open(path)?;
            let mut bytes = Vec::with_capacity(file.metadata()?.len().min(LARGEST) as usize + 1);
            file.take(LARGEST + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().map_err(|source| ModelFileError::Read { file: file.clone(), source })?;
        Ok((Self::from_bytes(&bytes, &file)?, bytes))
    }

    /// A model of the bytes of its file, checked. `file` is what errors call it.
    ///
    /// # Errors
    /// As [`Model::read`].
    pub fn from_bytes(bytes: &[u8], file: &str) -> Result<Self, ModelFileError> {
        let not_a_model = |reason: String| ModelFileError::NotAModel { file: file.into(), reason };
        if bytes.len() as u64 > LARGEST {
            return Err(not_a_model(format!("it is larger than {} MiB", LARGEST >> 20)));
        }
        let (_, header) =
            SafeTensors::read_metadata(bytes).map_err(|error| not_a_model(error.to_string()))?;
        let Some(header) = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY)) else {
            return Err(not_a_model("it holds tensors of something else".into()));
        };
        let damaged = |reason: String| ModelFileError::Damaged { file: file.into(), reason };
        let Version { version } = serde_json::from_str(header).map_err(|error| damaged(error.to_string()))?;
        if version > FORMAT_VERSION {
            return Err(ModelFileError::Newer { file: file.into(), found: version });
        }
        let header: Header<'_> = serde_json::from_str(header).map_err(|error| damaged(error.to_string()))?;
        let json = header.content.get();
        let Peek { recipe, widths } =
            serde_json::from_str(json).map_err(|error| damaged(error.to_string()))?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| damaged(error.to_string()))?;
        let tensors = Tensors { tensors };
        let read = || -> Result<Self, String> {
            let layers = (0..widths.len().saturating_sub(1))
                .map(|i| {
                    Ok((
                        tensors.floats(&format!("layer.{i}.weights"))?,
                        tensors.floats(&format!("layer.{i}.bias"))?,
                    ))
                })
                .collect::<Result<Vec<_>, String>>()?;
            let network = Network::from_layers(&widths, layers).map_err(|error| error.to_string())?;
            let id = header.id.to_owned();
            match recipe {
                Recipe::Classic => {
                    let content = serde_json::from_str(json).map_err(|error| error.to_string())?;
                    classic::Model::from_parts(id, content, network)
                        .map(|model| Self::Classic(Box::new(model)))
                }
                Recipe::Behaviour => {
                    let content = serde_json::from_str(json).map_err(|error| error.to_string())?;
                    let model = behaviour::Model::from_parts(id, content, network, &tensors)?;
                    Ok(Self::Behaviour(Box::new(model)))
                }
            }
        };
        let model = read().map_err(damaged)?;
        let found = match &model {
            Self::Classic(model) => id(json, &model.tensors()),
            Self::Behaviour(model) => id(json, &model.tensors()),
        };
        if found != model.id() {
            return Err(damaged("its content does not fit its id".into()));
        }
        Ok(model)
    }
}

/// What the content of every recipe has.
#[derive(Deserialize)]
struct Peek {
    recipe: Recipe,
    widths: Vec<usize>,
}

/// The tensors of a file, by name.
pub(crate) struct Tensors<'a> {
    tensors: SafeTensors<'a>,
}

impl Tensors<'_> {
    pub(crate) fn floats(&self, name: &str) -> Result<Vec<f32>, String> {
        let (values, _) = self.bytes(name, Dtype::F32)?.as_chunks::<4>();
        Ok(values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    pub(crate) fn integers(&self, name: &str) -> Result<Vec<u32>, String> {
        let (values, _) = self.bytes(name, Dtype::U32)?.as_chunks::<4>();
        Ok(values.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
    }

    pub(crate) fn raw(&self, name: &str) -> Result<Vec<u8>, String> {
        self.bytes(name, Dtype::U8).map(<[u8]>::to_vec)
    }

    fn bytes(&self, name: &str, kind: Dtype) -> Result<&[u8], String> {
        let tensor = self.tensors.tensor(name).map_err(|error| error.to_string())?;
        if tensor.dtype() == kind { Ok(tensor.data()) } else { Err(format!("{name} is not {kind:?}")) }
    }
}

/// What every version of the format has.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// The metadata of this version.
#[derive(Deserialize)]
struct Header<'a> {
    id: &'a str,
    #[serde(borrow)]
    content: &'a RawValue,
}

/// A tensor on its way into the file.
pub(crate) struct Tensor<'a> {
    kind: Dtype,
    shape: Vec<usize>,
    bytes: Cow<'a, [u8]>,
}

impl<'a> Tensor<'a> {
    pub(crate) fn floats(shape: Vec<usize>, values: &[f32]) -> Self {
        Self { kind: Dtype::F32, shape, bytes: values.iter().flat_map(|value| value.to_le_bytes()).collect() }
    }

    pub(crate) fn integers(values: &[u32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { kind: Dtype::U32, shape: vec![values.len()], bytes }
    }

    /// Of bytes, which may be most of a model and are not copied.
    pub(crate) fn raw(bytes: &'a [u8]) -> Self {
        Self { kind: Dtype::U8, shape: vec![bytes.len()], bytes: Cow::Borrowed(bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classic::TrainOptions;
    use crate::classic::tests::trained;

    fn model() -> Model {
        Model::Classic(Box::new(trained(&TrainOptions { epochs: 1, ..TrainOptions::default() }).model))
    }

    #[test]
    fn a_model_comes_back_as_it_went() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.oddflow");
        let written = model();
        written.write(&path).unwrap();
        let read = Model::read(&path).unwrap();
        assert_eq!(read.id(), written.id());
        assert_eq!(read.network(), written.network());
        let (Model::Classic(a), Model::Classic(b)) = (&read, &written) else { panic!("another recipe") };
        assert_eq!(a.training(), b.training());
        assert_eq!(a.thresholds(), b.thresholds());
        let again = folder.path().join("again");
        read.write(&again).unwrap();
        assert_eq!(fs::read(path).unwrap(), fs::read(again).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file is left");
    }

    #[test]
    fn what_is_no_model_is_refused() {
        let refused = |bytes: &[u8]| Model::from_bytes(bytes, "m").unwrap_err();
        assert!(matches!(refused(b""), ModelFileError::NotAModel { .. }));
        assert!(matches!(refused(b"#separator \\x09\n#path\tconn\n"), ModelFileError::NotAModel { .. }));
        let values = [0u8; 4];
        let other = serialize([("x", TensorView::new(Dtype::F32, vec![1], &values).unwrap())], None).unwrap();
        assert!(matches!(refused(&other), ModelFileError::NotAModel { .. }));
        assert!(matches!(Model::read(Path::new("/no/such/model")), Err(ModelFileError::Read { .. })));
    }

    #[test]
    fn a_later_version_is_refused_by_number() {
        let next = FORMAT_VERSION + 1;
        let metadata = HashMap::from([(KEY.into(), format!(r#"{{"version":{next},"something":"new"}}"#))]);
        let values = [0u8; 4];
        let later =
            serialize([("x", TensorView::new(Dtype::F32, vec![1], &values).unwrap())], Some(metadata))
                .unwrap();
        let read = Model::from_bytes(&later, "m");
        assert!(matches!(read, Err(ModelFileError::Newer { found, .. }) if found == next));
    }

    #[test]
    fn no_changed_byte_goes_unseen() {
        let bytes = model().to_bytes().unwrap();
        assert!(Model::from_bytes(&bytes, "m").is_ok());
        // Every byte would take minutes; a stride that is prime to everything passes through all parts.
        for at in (0..bytes.len()).step_by(97) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(Model::from_bytes(&changed, "m").is_err(), "byte {at}");
        }
        for length in (0..bytes.len()).step_by(997) {
            assert!(Model::from_bytes(&bytes[..length], "m").is_err(), "cut to {length}");
        }
    }
}
